"""One result, and one model's summary, as the flat fields that every export writes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Any

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary

FIELDS = (
    "model_id",
    "provider",
    "model",
    "prompt_index",
    "prompt_id",
    "cluster",
    "repeat",
    "latency_s",
    "first_token_s",
    "queued_s",
    "retries",
    "tokens_per_second",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "total_tokens",
    "cost_usd",
    "cost_note",
    "cached",
    "cached_at",
    "finish_reason",
    "error_kind",
    "error",
    "prompt",
    "response",
    "reasoning",
)
"""The fields of `to_record`, in its order: what it is, what it took, what was said."""


def to_record(result: ComparisonResult) -> dict[str, Any]:
    """The fields of one result: strings, ints, booleans, finite floats and None, under `FIELDS`.

    Seconds are rounded to the microsecond, speeds to a thousandth of a token per second. The cost
    is a decimal string, exact and without an exponent. Text is as it came: each writer makes it
    safe for its own format.
    """
    metrics = result.metrics
    return {
        "model_id": result.model_id,
        "provider": result.provider,
        "model": result.model,
        "prompt_index": result.prompt_index,
        "prompt_id": result.prompt_id,
        "cluster": result.cluster,
        "repeat": result.repeat,
        "latency_s": _rounded(metrics.latency, 6),
        "first_token_s": _rounded(metrics.first_token_s, 6),
        "queued_s": _rounded(metrics.queued_s, 6),
        "retries": metrics.retries,
        "tokens_per_second": _rounded(metrics.tokens_per_second, 3),
        "prompt_tokens": metrics.prompt_tokens,
        "completion_tokens": metrics.completion_tokens,
        "cached_tokens": metrics.cached_tokens,
        "reasoning_tokens": metrics.reasoning_tokens,
        "total_tokens": metrics.tokens,
        "cost_usd": _decimal(metrics.cost),
        "cost_note": metrics.cost_note,
        "cached": result.cached,
        "cached_at": _moment(result.cached_at),
        "finish_reason": result.finish_reason,
        "error_kind": result.error_kind,
        "error": result.error,
        "prompt": result.prompt,
        "response": result.response,
        "reasoning": result.reasoning,
    }


def to_summary_record(summary: ModelSummary) -> dict[str, Any]:
    """The fields of one model's summary, with the units and rounding of `to_record`."""
    return {
        "model_id": summary.model_id,
        "answered": summary.answered,
        "cached": summary.cached,
        "failed": summary.failed,
        "median_latency_s": _rounded(summary.median_latency_s, 6),
        "median_first_token_s": _rounded(summary.median_first_token_s, 6),
        "median_tokens_per_second": _rounded(summary.median_tokens_per_second, 3),
        "prompt_tokens": summary.prompt_tokens,
        "completion_tokens": summary.completion_tokens,
        "cost_usd": _decimal(summary.cost),
        "unpriced": summary.unpriced,
        "cost_note": summary.cost_note,
        "error_kinds": summary.error_kinds,
        "retries": summary.retries,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None or not isfinite(value) else round(value, digits)


def _decimal(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _moment(value: datetime | None) -> str | None:
    """RFC 3339, in UTC, to the second."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
