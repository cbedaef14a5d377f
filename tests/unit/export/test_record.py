"""The fields of the exports."""

from __future__ import annotations

from decimal import Decimal

import pytest

from modelforge.export.record import FIELDS, to_record, to_summary_record
from tests.unit.export.corpus import UNSENT, a_result, summaries


def test_the_fields_are_named_with_their_units() -> None:
    record = to_record(a_result("Paris.", cached_tokens=16, prompt_id="fr", repeat=2))
    assert tuple(record) == FIELDS
    assert record == {
        "model_id": "openai/gpt-4o",
        "provider": "openai",
        "model": "gpt-4o",
        "prompt_index": 0,
        "prompt_id": "fr",
        "cluster": None,
        "repeat": 2,
        "latency_s": 0.8434,
        "first_token_s": 0.1212,
        "queued_s": 0.0005,
        "retries": 0,
        "tokens_per_second": 109.082,
        "prompt_tokens": 24,
        "completion_tokens": 92,
        "cached_tokens": 16,
        "reasoning_tokens": None,
        "total_tokens": 116,
        "cost_usd": "0.000123",
        "cost_note": None,
        "cached": False,
        "cached_at": None,
        "finish_reason": "stop",
        "error_kind": None,
        "error": None,
        "prompt": "What is the capital of France?",
        "response": "Paris.",
        "reasoning": "",
    }


def test_what_is_unknown_is_none() -> None:
    record = to_record(a_result("", **UNSENT, error="no", error_kind="connection_failed"))
    assert {name for name, value in record.items() if value is None} == {
        "prompt_id",
        "cluster",
        "latency_s",
        "first_token_s",
        "queued_s",
        "tokens_per_second",
        "prompt_tokens",
        "completion_tokens",
        "cached_tokens",
        "reasoning_tokens",
        "total_tokens",
        "cost_usd",
        "cost_note",
        "cached_at",
        "finish_reason",
    }


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        ("0", "0"),
        ("0E-9", "0"),
        ("1E+3", "1000"),
        ("100", "100"),
        ("1.50", "1.5"),
        ("1E-12", "0.000000000001"),
    ],
)
def test_a_cost_is_a_plain_decimal(cost: str, text: str) -> None:
    assert to_record(a_result(cost=Decimal(cost)))["cost_usd"] == text


def test_a_summary_record() -> None:
    late = {**UNSENT, "latency": 120.0, "cost_note": "no price"}
    failed = a_result("", **late, error="no", error_kind="timed_out")
    (summary,) = summaries(a_result(), failed)
    assert to_summary_record(summary) == {
        "model_id": "openai/gpt-4o",
        "answered": 1,
        "cached": 0,
        "failed": 1,
        "median_latency_s": 0.8434,
        "median_first_token_s": 0.1212,
        "median_tokens_per_second": 109.082,
        "prompt_tokens": 24,
        "completion_tokens": 92,
        "cost_usd": "0.000123",
        "unpriced": 1,
        "cost_note": "no price",
        "error_kinds": {"timed_out": 1},
        "retries": 0,
    }
