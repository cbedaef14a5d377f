"""A header and its records."""

from __future__ import annotations

import csv
import io

import pytest

from modelforge.prompts.limits import ROW_LIMIT
from tests.unit.prompts.reading import Folder


def test_records_are_rows_of_text_by_the_names_of_the_header(folder: Folder) -> None:
    content = 'id,prompt,system\n1,"a, ""b""\nc",\n\n02,d,brief\n'
    found = folder.cases("a.csv", content)
    assert [(case.id, case.prompt.text) for case in found] == [("1", 'a, "b"\nc'), ("02", "d")]
    assert [len(case.prompt.messages) for case in found] == [1, 2]


def test_tabs_divide_tsv(folder: Folder) -> None:
    assert folder.texts("a.tsv", "id\tprompt\n1\ta, b\n") == ["a, b"]
    assert folder.texts("a.txt", "id\tprompt\n1\ta, b\n", format="tsv") == ["a, b"]


def test_a_byte_order_mark_and_crlf_are_not_part_of_the_table(folder: Folder) -> None:
    content = b'\xef\xbb\xbfprompt,id\r\n"a\r\nb",1\r\n'
    assert folder.texts("a.csv", content) == ["a\r\nb"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", ": there is no prompt in it"),
        ("prompt\n", ": there is no prompt in it"),
        ("prompt,prompt\na,b\n", ": the header has two columns named 'prompt'"),
        (",prompt,\n", ": the header has two columns named ''"),
        ("What is it?\nWhy?\n", ", line 2: no field 'prompt'; there are 'What is it?'; name the"),
        ('prompt,id\n"a\nb",1\n\nc\n', ", line 5: 1 field, but the header has 2; a field that"),
        ("prompt\na,b\n", ", line 2: 2 fields, but the header has 1; a field that holds"),
        ('prompt\na\n"b"c\n', ", line 3: not CSV: ',' expected after '\"'"),
        ('prompt\n"a\nb\n', ", line 2: not CSV: a quote is not closed"),
        ("prompt\na\rb\n", ", line 2: not CSV: a carriage return stands outside of quotes"),
        ('prompt,x\n"",1\n', ", line 2: 'prompt' is empty"),
    ],
)
def test_what_is_not_a_table_of_prompts_is_refused_with_its_place(
    folder: Folder, content: str, reason: str
) -> None:
    assert folder.refusal("a.csv", content).startswith(f"a.csv{reason}")


def test_a_column_without_a_name_is_no_obstacle(folder: Folder) -> None:
    assert folder.texts("a.csv", ",prompt\n0,a\n") == ["a"]


def test_a_field_may_be_larger_than_the_csv_modules_own_limit(folder: Folder) -> None:
    large = "x" * 1_000_000
    assert folder.texts("a.csv", f'prompt\n"{large}"\n') == [large]


def test_a_record_past_the_limit_is_refused_however_it_is_divided(folder: Folder) -> None:
    reason = "a.csv, line 3: longer than 16777216 bytes, the most that a row may be"
    assert folder.refusal("a.csv", 'prompt\na\n"' + "x" * ROW_LIMIT + '"\n') == reason
    lines = "x" * 65_535 + "\n"
    assert folder.refusal("a.csv", 'prompt\na\n"' + lines * 300 + '"\n') == reason


def test_the_process_wide_limit_is_never_lowered(
    folder: Folder, request: pytest.FixtureRequest
) -> None:
    before = csv.field_size_limit(ROW_LIMIT * 2)
    request.addfinalizer(lambda: csv.field_size_limit(before))
    folder.texts("a.csv", "prompt\na\n")
    assert csv.field_size_limit() == ROW_LIMIT * 2


def test_what_pythons_writer_quotes_is_read_back(folder: Folder) -> None:
    rows = [["plain", "1"], ['"quoted"', "2"], ["two\nlines", "3"], ["a,b;c\td", "4"]]
    table = io.StringIO()
    csv.writer(table).writerows([["prompt", "id"], *rows])
    found = folder.cases("a.csv", table.getvalue())
    assert [[case.prompt.text, case.id] for case in found] == rows
