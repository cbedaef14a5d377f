"""The side-by-side view."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from modelforge.compare.result import ComparisonResult
from modelforge.export.comparison_view import comparison_view
from tests.unit.export.corpus import MEGABYTE, NASTY, UNSENT, a_result, results
from tests.unit.export.drawing import drawn, drawn_on_a_terminal, widest
from tests.unit.export.test_terminal_text import assert_harmless

_LOREM = "The capital of France is Paris, and it has been so for most of a thousand years. " * 3
_MODELS = [f"provider-{number}/a-model-{number}" for number in range(8)]

_SIDE_BY_SIDE = """\
openai/gpt-4o                          │ openrouter/meta-llama/llama-3.3-70b
───────────────────────────────────────┼───────────────────────────────────────
Paris.                                 │ The capital of
                                       │
- Clovis                               │ ✗ timed_out: no complete answer within
- Capet                                │   120 s; allow more with --timeout
                                       │
latency       0.84 s                   │ latency       0.84 s
first token   0.12 s                   │ first token   –
tokens        24 in (16 cached)        │ tokens        –
              1,031 out (40 reasoning) │
speed         1,222 tokens/s           │ speed         –
price         $0.0155                  │ price         unknown: the server
                                       │               reported no token usage
finish        length                   │
"""  # noqa: RUF001 (a dash is meant)


def _models(count: int, response: str = _LOREM) -> list[ComparisonResult]:
    return [a_result(response, model_id=model) for model in _MODELS[:count]]


def _columns(text: str) -> int:
    """How many columns the first heads stand in."""
    return text.split("\n")[3].count("│") + 1


def test_one_answer() -> None:
    assert (
        drawn(comparison_view([a_result("Paris.")]), 48)
        == """\
━━ prompt 1 ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━
What is the capital of France?

openai/gpt-4o
────────────────────────────────────────────────
Paris.

latency       0.84 s
first token   0.12 s
tokens        24 in · 92 out
speed         109 tokens/s
price         $0.000123
"""
    )


def test_two_models_line_up() -> None:
    failed = a_result(
        "The capital of",
        model_id="openrouter/meta-llama/llama-3.3-70b",
        first_token_s=None,
        prompt_tokens=None,
        completion_tokens=None,
        cost=None,
        cost_note="the server reported no token usage",
        error="no complete answer within 120 s; allow more with --timeout",
        error_kind="timed_out",
        finish_reason=None,
    )
    long = a_result(
        "Paris.\n\n- Clovis\n- Capet",
        cached_tokens=16,
        reasoning_tokens=40,
        completion_tokens=1031,
        cost=Decimal("0.0155"),
        finish_reason="length",
    )
    assert drawn(comparison_view([long, failed], show_prompt=False), 80) == _SIDE_BY_SIDE


@pytest.mark.parametrize(
    ("models", "width", "columns"),
    [
        (1, 200, 1),
        (2, 64, 1),
        (2, 65, 2),
        (2, 80, 2),
        (3, 98, 2),
        (3, 100, 3),
        (3, 60, 1),
        (8, 40, 1),
        (8, 120, 3),
        (8, 200, 4),
        (8, 272, 8),
    ],
)
def test_columns_as_there_is_room(models: int, width: int, columns: int) -> None:
    text = drawn(comparison_view(_models(models)), width)
    assert _columns(text) == columns
    for model in _MODELS[:models]:
        assert model in text


@pytest.mark.parametrize("width", [200, 120, 80, 60, 40, 20])
@pytest.mark.parametrize("models", [1, 2, 3, 8])
@pytest.mark.parametrize("response", [_LOREM, NASTY["wide"], NASTY["emoji"], NASTY["code"], ""])
def test_separators_stand_under_each_other(width: int, models: int, response: str) -> None:
    text = drawn(comparison_view(_models(models, response), show_prompt=False), width)
    assert widest(text) <= width
    for block in text.split("\n\n"):
        places = {
            tuple(cell_len(line[: match.start()]) for match in re.finditer("[│┼]", line))
            for line in block.split("\n")
            if "│" in line or "┼" in line
        }
        assert len(places) <= 1


@given(st.lists(results(), min_size=1, max_size=4), st.integers(20, 250), st.integers(1, 5))
def test_any_results_fit_and_are_harmless(
    shown: list[ComparisonResult], width: int, most: int
) -> None:
    for limit in (None, most):
        text = drawn(comparison_view(shown, max_answer_lines=limit), width)
        assert "\t" not in text
        assert_harmless(text)
        assert widest(text) <= width
        assert not any(line.endswith(" ") for line in text.split("\n"))


@pytest.mark.parametrize("name", sorted(NASTY))
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_encoding_carries_the_view(name: str, encoding: str) -> None:
    text = drawn(comparison_view([a_result(NASTY[name], error="no")] * 2), 80, encoding=encoding)
    assert "ERROR error: no" in text
    assert set(text) & set("│─━┼✗…·") == set() or encoding == "latin-1"
    assert "---" in text
    assert widest(text) <= 80


@pytest.mark.parametrize("name", sorted(MEGABYTE))
def test_a_megabyte_is_cut_and_counted(name: str) -> None:
    text = drawn(comparison_view([a_result(MEGABYTE[name])], max_answer_lines=5), 60)
    assert len(text.split("\n")) < 20
    assert ("more lines" in text) == (name not in {"lines", "marks"})


def test_what_is_left_out_is_counted() -> None:
    text = drawn(comparison_view([a_result("\n".join("abcd"))], max_answer_lines=3))
    assert "c\n… 1 more line\n\nlatency" in text
    assert "more line" not in drawn(comparison_view([a_result("\n".join("abcd"))]))


def test_a_long_prompt_is_cut() -> None:
    text = drawn(comparison_view([a_result(prompt="line\n" * 20, prompt_id="long-one")]))
    assert text.startswith("━━ prompt 1 · long-one ━")
    assert text.count("line\n") == 6
    assert "… 14 more lines" in text


def test_an_empty_and_a_blank_answer_say_so() -> None:
    text = drawn(comparison_view([a_result(""), a_result(" \n", model_id="x/y")]))
    assert "(empty answer)" in text
    assert "(blank answer: only white space)" in text


def test_a_failure_alone_has_no_empty_measurements() -> None:
    failed = a_result("", **UNSENT, error="cannot connect", error_kind="connection_failed")
    text = drawn(comparison_view([failed], show_prompt=False))
    assert text.endswith("─\n✗ connection_failed: cannot connect\n")


def test_an_unknown_price_says_why() -> None:
    local = a_result(cost=None, cost_note="no price is known for this model")
    text = drawn(comparison_view([local]))
    assert "price         unknown: no price is known for this model" in text


@pytest.mark.parametrize("provider", ["local", "sim", "replay"])
def test_what_is_free_here_is_no_news_under_every_answer(provider: str) -> None:
    own = a_result(cost=None, cost_note="runs on this machine", model_id=f"{provider}/m")
    assert "unknown" not in drawn(comparison_view([own]))
    paid = a_result(cost=Decimal("0.5"), cost_note=None, model_id=f"{provider}/m")
    assert "price         $0.5" in drawn(comparison_view([paid]))


def test_repeats_are_bands() -> None:
    shown = [
        a_result("second", repeat=1),
        a_result("first"),
        a_result("other", model_id="x/y"),
        a_result("first again"),
    ]
    text = drawn(comparison_view(shown, show_prompt=False), 80)
    assert re.findall(r"── repeat (\d) ", text) == ["1", "1", "2"]
    assert text.index("first ") < text.index("first again") < text.index("second")
    assert text.count("(no result)") == 2


def test_foreign_markup_is_not_markup() -> None:
    text = drawn(comparison_view([a_result(NASTY["rich markup"], model_id="x/[bold]y[/bold]")]))
    assert NASTY["rich markup"] in text
    assert "x/[bold]y[/bold]" in text


def test_a_terminal_gets_styles_and_a_pipe_none() -> None:
    view = comparison_view([a_result(error="no", error_kind="timed_out")])
    assert "\x1b[1mopenai/gpt-4o\x1b[0m" in drawn_on_a_terminal(view)
    assert "\x1b[31m✗ timed_out: no\x1b[0m" in drawn_on_a_terminal(view)
    assert "\x1b[31m" not in drawn_on_a_terminal(view, no_color=True)
    assert "\x1b" not in drawn(view)


def test_a_column_is_no_wider_than_a_page() -> None:
    assert widest(drawn(comparison_view([a_result(_LOREM)]), 250)) <= 100


def test_no_results_draw_nothing() -> None:
    assert drawn(comparison_view([])) == ""
