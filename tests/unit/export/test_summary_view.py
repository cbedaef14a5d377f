"""The summary of many prompts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary
from modelforge.export.summary_view import summary_view
from tests.unit.export.corpus import HOSTILE_TEXT, UNSENT, a_result, results, summaries
from tests.unit.export.drawing import drawn, drawn_on_a_terminal, widest
from tests.unit.export.test_terminal_text import assert_harmless

_TABLE = """\
━━ summary · median times, totals of the rest ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
                                           first            tokens  tokens
model          answered  failed  latency   token  tokens/s      in     out                   cost
openai/gpt-4o         1      19   0.84 s  0.12 s       109      24      92  $0.0123 + 19 unpriced
  ✗ timed_out 12, rate_limited 3, a 2 and 2 other kinds
local/smollm2         1       0   0.84 s  0.12 s         –       –       –                unknown
  price unknown: no price is known for this model
"""  # noqa: RUF001 (a dash is meant)

_UNDER_NAMES = """\
━━ summary · median times, totals of the rest ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
                              first            tokens  tokens
  answered  failed  latency   token  tokens/s      in     out                   cost
openai/gpt-4o
         1      19   0.84 s  0.12 s       109      24      92  $0.0123 + 19 unpriced
  ✗ timed_out 12, rate_limited 3, a 2 and 2 other kinds
local/smollm2
         1       0   0.84 s  0.12 s         –       –       –                unknown
  price unknown: no price is known for this model
"""  # noqa: RUF001 (a dash is meant)

_LIST = """\
━━ summary · median times, totals of the rest ━━━━
openai/gpt-4o
  answered      1
  failed        19
  latency       0.84 s
  first token   0.12 s
  tokens/s      109
  tokens in     24
  tokens out    92
  cost          $0.0123 + 19 unpriced
  ✗ timed_out 12, rate_limited 3, a 2 and 2 other
    kinds

local/smollm2
  answered      1
  failed        0
  latency       0.84 s
  first token   0.12 s
  tokens/s      –
  tokens in     –
  tokens out    –
  cost          unknown
  price unknown: no price is known for this model
"""  # noqa: RUF001 (a dash is meant)


def _summaries() -> list[ModelSummary]:
    failures = [
        a_result("", **{**UNSENT, "latency": 120.0}, error="no", error_kind=kind)
        for kind, number in {"timed_out": 12, "rate_limited": 3, "a": 2, "b": 1, "c": 1}.items()
        for _ in range(number)
    ]
    local = a_result(
        model_id="local/smollm2",
        cost=None,
        cost_note="no price is known for this model",
        prompt_tokens=None,
        completion_tokens=None,
    )
    return summaries(a_result(cost=Decimal("0.0123")), *failures, local)


def test_a_table_where_there_is_room() -> None:
    assert drawn(summary_view(_summaries()), 100) == _TABLE


@pytest.mark.parametrize("width", [100, 90, 50])
def test_a_reason_that_all_share_stands_once(width: int) -> None:
    free: dict[str, Any] = {"cost": None, "cost_note": "runs on this machine"}
    both = [a_result(model_id=f"local/{name}", **free) for name in ("a", "b")]
    text = drawn(summary_view(summaries(*both)), width)
    assert text.count("price unknown: runs on this machine") == 1
    assert text.endswith("\nprice unknown: runs on this machine\n")
    other = a_result(model_id="x/y", cost=None, cost_note="no price configured")
    assert drawn(summary_view(summaries(*both, other)), width).count("price unknown") == 3


def test_names_on_their_own_lines_where_there_is_less() -> None:
    assert drawn(summary_view(_summaries()), 90) == _UNDER_NAMES


def test_the_rest_of_the_bill_below_where_there_is_little() -> None:
    row = "        1      19   0.84 s  0.12 s       109      24      92  $0.0123\n"
    text = drawn(summary_view(_summaries()), 80)
    assert f"\nopenai/gpt-4o\n {row}  cost $0.0123 + 19 unpriced\n" in text


def test_a_list_where_there_is_least() -> None:
    assert drawn(summary_view(_summaries()), 50) == _LIST


@pytest.mark.parametrize("width", [200, 120, 100, 80, 60, 40, 30, 20])
def test_no_number_is_cut(width: int) -> None:
    many = [
        a_result(model_id=model, cost=Decimal("1234.56"), prompt_tokens=10**9, latency=86400.0)
        for model in ("openrouter/meta-llama/llama-3.3-70b-instruct", "x/y")
    ]
    text = drawn(summary_view(summaries(*many)), width)
    assert widest(text) <= width
    for number in ("86,400 s", "$1,234.56", "1,000,000,000"):
        assert text.count(number) == 2


@given(st.lists(results(), max_size=4), HOSTILE_TEXT, st.integers(20, 250))
def test_any_summaries_fit_and_are_harmless(
    written: list[ComparisonResult], kind: str, width: int
) -> None:
    failed = a_result("", **UNSENT, error="no", error_kind=kind)
    text = drawn(summary_view(summaries(*written, failed)), width)
    assert_harmless(text)
    assert widest(text) <= width


def test_ascii() -> None:
    text = drawn(summary_view(_summaries()), 120, encoding="ascii")
    assert text.startswith("== summary, median times, totals of the rest ===")
    assert "  ERROR timed_out 12" in text


def test_errors_are_red_and_nothing_else_is_coloured() -> None:
    text = drawn_on_a_terminal(summary_view(_summaries()))
    assert text.count("\x1b[31m") == 1
    assert "\x1b[32m" not in text


def test_no_summaries_draw_nothing() -> None:
    assert drawn(summary_view([])) == ""
