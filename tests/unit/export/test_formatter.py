"""Everything in one call."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.compare.result import ComparisonResult
from modelforge.export.formatter import ComparisonFormatter
from modelforge.export.record import FIELDS
from tests.unit.export.corpus import NASTY, a_result, results
from tests.unit.export.drawing import widest
from tests.unit.export.test_terminal_text import assert_harmless

_FORMATTER = ComparisonFormatter()


def test_one_prompt_is_a_view() -> None:
    text = _FORMATTER.format_table(
        [a_result("Paris."), a_result("Rome.", model_id="x/y")], width=80
    )
    assert text.startswith("━━ prompt 1 ━")
    assert text.endswith("$0.000123")
    assert "summary" not in text


def test_prompts_are_grouped_and_summed_up() -> None:
    arrived = [
        a_result("b", prompt_index=1),
        a_result("a"),
        a_result("c", model_id="x/y"),
        a_result("d", model_id="x/y", prompt_index=1),
    ]
    text = _FORMATTER.format_table(arrived, width=120)
    assert text.count("━━ prompt ") == 2
    assert text.index("━━ prompt 1 ━") < text.index("━━ prompt 2 ━") < text.index("━━ summary ")
    assert [line for line in text.split("\n") if line.startswith("model ")]


def test_repeats_are_summed_up() -> None:
    assert "━━ summary " in _FORMATTER.format_table([a_result(), a_result(repeat=1)])


def test_no_results() -> None:
    assert _FORMATTER.format_table([]) == "No results."
    assert _FORMATTER.format_markdown([]) == "# Model comparison\n\nNo results."
    assert _FORMATTER.format_csv([]) == ",".join(FIELDS)
    assert json.loads(_FORMATTER.format_json([])) == {
        "schema": "modelforge.comparison/1",
        "results": [],
        "summary": [],
        "statistics": None,
        "complete": True,
    }


@given(st.lists(results(), max_size=4), st.integers(20, 250))
def test_any_results_can_be_formatted(written: list[ComparisonResult], width: int) -> None:
    table = _FORMATTER.format_table(written, width=width)
    assert_harmless(table)
    assert widest(table) <= width
    document = json.loads(_FORMATTER.format_json(written))
    assert len(document["results"]) == len(written)
    rows = list(csv.reader(StringIO(_FORMATTER.format_csv(written), newline=""), strict=True))
    assert len(rows) == len(written) + 1
    assert _FORMATTER.format_markdown(written).count("\n### ") >= len(written)


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "TTY_COMPATIBLE", "CLICOLOR_FORCE"])
def test_a_table_is_plain_whatever_the_environment(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "1")
    text = _FORMATTER.format_table([a_result(NASTY["colour"], error="no")])
    assert "\x1b" not in text


def test_the_width_is_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "57")
    assert widest(_FORMATTER.format_table([a_result()])) == 57


def test_long_answers_can_be_cut() -> None:
    text = _FORMATTER.format_table([a_result("x\n" * 99)], max_answer_lines=10)
    assert "… 89 more lines" in text
