"""JSON and JSON Lines: always valid, always harmless, and the same text back."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.compare.result import ComparisonResult
from modelforge.export.json_text import json_text
from modelforge.export.json_writer import JsonWriter
from modelforge.export.jsonl_writer import JsonlWriter
from modelforge.export.record import to_record, to_summary_record
from modelforge.export.terminal_text import well_formed
from tests.unit.export.corpus import HOSTILE_TEXT, MEGABYTE, NASTY, a_result, results, summaries

_ACTIVE = re.compile(
    "[<>&\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def _expected(result: ComparisonResult) -> dict[str, Any]:
    return {
        name: well_formed(value) if isinstance(value, str) else value
        for name, value in to_record(result).items()
    }


def _document(
    written: list[ComparisonResult], *, complete: bool = True
) -> tuple[str, dict[str, Any]]:
    stream = StringIO(newline="")
    writer = JsonWriter(stream)
    for result in written:
        writer.write(result)
    writer.close(summaries(*written), complete=complete)
    text = stream.getvalue()
    return text, json.loads(text.encode())


@given(HOSTILE_TEXT)
def test_any_text_comes_back_and_nothing_in_it_acts(text: str) -> None:
    line = json_text({"text": text})
    assert _ACTIVE.search(line) is None
    assert json.loads(line.encode()) == {"text": well_formed(text)}


@pytest.mark.parametrize("name", sorted(MEGABYTE))
def test_a_megabyte_comes_back(name: str) -> None:
    text = MEGABYTE[name]
    assert json.loads(json_text({"text": text}))["text"] == well_formed(text)


def test_a_page_cannot_be_left() -> None:
    assert json_text({"t": "</script>&\u2028\u202e"}) == (
        r'{"t": "\u003c/script\u003e\u0026\u2028\u202e"}'
    )


def test_a_hidden_character_past_the_first_plane_is_escaped() -> None:
    assert json_text({"t": "\U000e0041"}) == r'{"t": "\udb40\udc41"}'


def test_ordinary_text_stays_readable() -> None:
    assert json_text({"t": "naïve 漢字 😀"}) == '{"t": "naïve 漢字 😀"}'


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        json_text({"latency_s": float("nan")})


@given(st.lists(results(), max_size=4), st.booleans())
def test_a_document_is_valid_whatever_it_holds(
    written: list[ComparisonResult], complete: bool
) -> None:
    _, document = _document(written, complete=complete)
    assert list(document) == ["schema", "results", "summary", "statistics", "complete"]
    assert document["schema"] == "modelforge.comparison/1"
    assert document["results"] == [_expected(result) for result in written]
    assert document["complete"] is complete
    assert [entry["answered"] + entry["failed"] for entry in document["summary"]] == [
        summary.answered + summary.failed for summary in summaries(*written)
    ]


def test_a_document_has_a_line_a_result() -> None:
    text, document = _document([a_result("one"), a_result("two", repeat=1)])
    assert sum('"response"' in line for line in text.splitlines()) == 2
    assert document["summary"] == [
        to_summary_record(summary) for summary in summaries(a_result("one"), a_result("two"))
    ]


def test_nothing_is_written_before_the_first_call() -> None:
    stream = StringIO()
    JsonWriter(stream)
    assert stream.getvalue() == ""


class _Counting(StringIO):
    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


def test_lines_are_flushed_as_they_come() -> None:
    stream = _Counting(newline="")
    writer = JsonlWriter(stream)
    for count, text in enumerate(NASTY.values(), start=1):
        writer.write(a_result(text))
        assert stream.flushes == count
        assert stream.getvalue().count("\n") == count
    writer.close([])
    assert [json.loads(line)["response"] for line in stream.getvalue().splitlines()] == [
        well_formed(text) for text in NASTY.values()
    ]


@given(results())
def test_a_line_holds_the_record(result: ComparisonResult) -> None:
    stream = StringIO(newline="")
    JsonlWriter(stream).write(result)
    assert json.loads(stream.getvalue().encode()) == _expected(result)
