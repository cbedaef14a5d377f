"""CSV: RFC 4180, and no cell is a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.compare.result import ComparisonResult
from modelforge.export.csv_writer import CsvWriter, guarded
from modelforge.export.record import FIELDS, to_record
from modelforge.export.terminal_text import show_controls, well_formed
from tests.unit.export.corpus import HOSTILE_TEXT, MEGABYTE, NASTY, a_result, results, summaries

_ACTIVE = r"[=+\-@\uff1d\uff0b\uff0d\uff20]"
_UNSEEN = r"\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FORMULA_START = re.compile(rf'[{_UNSEEN}"]*{_ACTIVE}|[\t\r\n]')
_GUARDED = re.compile(rf"""'(?:['"{_UNSEEN}]*{_ACTIVE}|['"]*[\t\r\n])""")


def _unguarded(cell: str) -> str:
    """What docs/reference/export.md tells readers to do."""
    return cell[1:] if _GUARDED.match(cell) else cell


def _written(*written: ComparisonResult) -> str:
    stream = StringIO(newline="")
    writer = CsvWriter(stream)
    for result in written:
        writer.write(result)
    writer.close(summaries(*written))
    return stream.getvalue()


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


@given(HOSTILE_TEXT)
def test_no_text_is_a_formula_and_the_guard_comes_off(text: str) -> None:
    cell = guarded(text)
    assert _FORMULA_START.match(cell) is None
    assert _unguarded(cell) == show_controls(well_formed(text))


@pytest.mark.parametrize("name", [name for name in NASTY if "formula" in name or "first" in name])
def test_the_known_attacks_are_guarded(name: str) -> None:
    assert guarded(NASTY[name])[0] in "'␍"


@pytest.mark.parametrize("text", ["Paris", "a = b", "3 - 2", "x@y", "it's", "", "(=)", "1.5"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text


@given(st.lists(results(), max_size=3))
def test_any_results_come_back(written: list[ComparisonResult]) -> None:
    text = _written(*written)
    text.encode()
    assert "\x00" not in text
    rows = _rows(text)
    assert len(rows) == len(written)
    for row, result in zip(rows, written, strict=True):
        assert tuple(row) == FIELDS
        for name, value in to_record(result).items():
            if isinstance(value, str):
                assert _unguarded(row[name]) == show_controls(well_formed(value))
            elif isinstance(value, bool):
                assert row[name] == str(value).lower()
            else:
                assert row[name] == ("" if value is None else str(value))


def test_numbers_stay_numbers() -> None:
    (row,) = _rows(_written(a_result()))
    assert float(row["latency_s"]) == 0.8434
    assert row["cost_usd"] == "0.000123"
    assert row["total_tokens"] == "116"
    assert row["cached_tokens"] == ""


def test_lines_end_as_the_standard_says() -> None:
    text = _written(a_result('say "a", b', prompt="p"))
    header, row, end = text.split("\r\n")
    assert header == ",".join(FIELDS)
    assert ',p,"say ""a"", b",' in row
    assert end == ""


def test_a_header_alone_when_there_is_no_result() -> None:
    assert _written() == ",".join(FIELDS) + "\r\n"


@pytest.fixture
def _large_fields() -> Iterator[None]:
    before = csv.field_size_limit(10**9)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("_large_fields")
@pytest.mark.parametrize("name", sorted(MEGABYTE))
def test_a_megabyte_comes_back(name: str) -> None:
    text = MEGABYTE[name]
    (row,) = _rows(_written(a_result(text)))
    assert _unguarded(row["response"]) == show_controls(well_formed(text))
