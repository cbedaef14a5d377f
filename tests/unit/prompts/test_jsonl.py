"""A JSON value a line."""

from __future__ import annotations

import json

import pytest

from modelforge.prompts.limits import ROW_LIMIT
from tests.unit.prompts.reading import Folder


def test_rows_are_strings_and_objects(folder: Folder) -> None:
    content = '"a"\n\n  {"prompt": "b", "id": 7}\r\n{"prompt": "c", "id": "seven"}'
    found = folder.cases("a.jsonl", content)
    assert [(case.prompt.text, case.id) for case in found] == [
        ("a", None),
        ("b", "7"),
        ("c", "seven"),
    ]


def test_the_suffix_may_be_ndjson_in_any_case(folder: Folder) -> None:
    assert folder.texts("a.NDJSON", '"a"') == ["a"]


def test_a_byte_order_mark_is_not_part_of_the_first_row(folder: Folder) -> None:
    assert folder.texts("a.jsonl", b'\xef\xbb\xbf"a"\r\n"b"\r\n') == ["a", "b"]


def test_pairs_of_surrogates_are_one_character(folder: Folder) -> None:
    assert folder.texts("a.jsonl", r'"\ud83d\ude00"') == ["😀"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('"a"\n{"prompt": "b",}', "line 2, column 1"),
        ('{"prompt": "b"', "line 1, column 15: not JSON: Expecting ',' delimiter"),
        ('"a"\n"b" "c"\n', "line 2, column 5: not JSON: Extra data"),
        ('"a\tb"', "line 1, column 3: not JSON: Invalid control character"),
        ("plain text", "line 1, column 1: not JSON: Expecting value"),
        ("12", "line 1: a row is text or an object, not a number"),
        ("null", "line 1: a row is text or an object, not null"),
        ("true", "line 1: a row is text or an object, not a boolean"),
        ('["a"]', "line 1: a row is text or an object, not a list; a file that is one JSON list"),
        ('[\n"a"\n]', "line 1: a row is text or an object, not a list; a file that is one JSON"),
        ('{"prompt": "a", "prompt": "b"}', "line 1: an object has the field 'prompt' twice"),
        ('{"x": {"\\u001b": 1, "\\u001b": 2}}', "line 1: an object has the field '\\x1b' twice"),
        ("1" * 5000, "line 1: a number has too many digits"),
        ('{"x":' * 100_000, "line 1: nested too deep"),
    ],
)
def test_what_is_not_a_row_is_refused_with_its_place(
    folder: Folder, content: str, reason: str
) -> None:
    assert folder.refusal("a.jsonl", content).startswith(f"a.jsonl, {reason}")


def test_half_of_a_surrogate_pair_is_refused_where_it_would_be_sent(folder: Folder) -> None:
    reason = "is not Unicode text: character 2 is U+D800, half of a surrogate pair"
    assert folder.refusal("a.jsonl", r'"ab\ud800"') == f"a.jsonl, line 1: 'prompt' {reason}"
    row = r'{"prompt": "a", "id": "ab\ud800"}'
    assert folder.refusal("a.jsonl", row) == f"a.jsonl, line 1: 'id' {reason}"
    row = r'{"prompt": "a", "system": "ab\ud800"}'
    assert folder.refusal("a.jsonl", row) == f"a.jsonl, line 1: 'system' {reason}"
    row = r'{"x": "ab\ud800"}'
    assert folder.refusal("a.jsonl", row, template="{{ x }}") == (
        f"a.jsonl, line 1: what the template makes of it {reason}"
    )


def test_a_row_of_a_megabyte(folder: Folder) -> None:
    assert folder.texts("a.jsonl", json.dumps({"prompt": "é" * 1_000_000})) == ["é" * 1_000_000]


def test_a_row_past_the_limit_is_refused(folder: Folder) -> None:
    content = '"a"\n"' + "x" * ROW_LIMIT + '"\n'
    assert folder.refusal("a.jsonl", content).startswith("a.jsonl, line 2: longer than 16777216")


def test_broken_text_between_good_rows_is_found_before_anything_is_used(folder: Folder) -> None:
    content = '"a"\n' * 1000 + "{\n" + '"a"\n' * 1000
    assert folder.refusal("a.jsonl", content).startswith("a.jsonl, line 1001, column 2: not JSON")
