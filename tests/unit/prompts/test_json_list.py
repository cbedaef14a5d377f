"""A JSON list, an element at a time."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelforge.core.errors import PromptError
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.rows import json_list
from tests.unit.prompts.reading import Folder
from tests.unit.prompts.trickle import Trickle

EXPORT = (
    '{\n  "schema": "modelforge.comparison/1",\n  "results": [\n    {"a": 1},\n    {"a": 2}\n  ],\n'
)


def test_the_elements_of_the_list_are_rows(folder: Folder) -> None:
    content = '\ufeff [ "a",\r\n\t{"prompt": "b"} , "😀"]\n\n'
    assert folder.texts("a.json", content) == ["a", "b", "😀"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"data": []}', "line 1, column 1: the file is an object, not a list; where it holds"),
        ('\n "a"', "line 2, column 2: the file is not a JSON list"),
        ('["a" "b"]', "line 1, column 6: not JSON: ',' or ']' should follow a value of the list"),
        ('["a",\n]', "line 2, column 1: not JSON: a value should follow the comma"),
        ('[,"a"]', "line 1, column 2: not JSON: Expecting value"),
        ('["a"', "line 1, column 5: not JSON: ',' or ']' should follow a value of the list"),
        ('["a",', "line 1, column 6: not JSON: Expecting value"),
        ('["a"] "b"', "line 1, column 7: not JSON: something follows the end of the list"),
        ('["a"}', "line 1, column 5: not JSON: ',' or ']' should follow a value of the list"),
        ('["a",\n {"prompt":\n  b}]', "line 3, column 3: not JSON: Expecting value"),
        ('["a",\n  "b', "line 2, column 3: not JSON: Unterminated string starting at"),
        ('[\n "a",\n 12, "b"]', "line 3: a row is text or an object, not a number"),
        ('["a", {"x": 1, "x": 2}]', "line 1, column 7: an object has the field 'x' twice"),
        ("[" + "1" * 5000 + "]", "line 1, column 2: a number has too many digits"),
        ("[" * 100_000, "line 1, column 2: nested too deep"),
    ],
)
def test_what_is_not_a_list_of_rows_is_refused_with_its_place(
    folder: Folder, content: str, reason: str
) -> None:
    assert folder.refusal("a.json", content).startswith(f"a.json, {reason}")


@pytest.mark.parametrize("content", ["", "\n", "[]", "[\n]\n"])
def test_an_empty_list_is_refused(folder: Folder, content: str) -> None:
    assert folder.refusal("a.json", content) == "a.json: there is no prompt in it"


def test_an_element_past_the_limit_is_refused(folder: Folder) -> None:
    content = json.dumps(["a", "x" * (4 * ROW_LIMIT)])
    message = folder.refusal("a.json", content)
    assert message.startswith("a.json, line 1, column 7: not JSON: Unterminated string")
    assert message.endswith(", or longer than 16777216 bytes")


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    values=st.lists(_values),
    indent=st.none() | st.integers(0, 2),
    ascii_only=st.booleans(),
    size=st.integers(1, 7),
)
def test_any_list_is_read_however_its_bytes_arrive(
    values: list[object], indent: int | None, ascii_only: bool, size: int
) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode(errors="replace")
    expected = json.loads(data)
    found = [row.value for row in json_list.rows(Trickle(data, size), "a.json")]
    assert found == expected


@settings(deadline=None)
@given(values=st.lists(_values, min_size=1), cut=st.integers(min_value=0), size=st.integers(1, 7))
def test_a_list_that_is_cut_short_is_refused(values: list[object], cut: int, size: int) -> None:
    data = json.dumps(values).encode()
    data = data[: 1 + cut % (len(data) - 1)]
    with pytest.raises(PromptError):
        list(json_list.rows(Trickle(data, size), "a.json"))


@settings(deadline=None)
@given(before=st.text(alphabet=" \n\t", max_size=30), size=st.integers(1, 7))
def test_places_count_lines_and_columns_from_one(before: str, size: int) -> None:
    data = f'["a",{before}x]'.encode()
    with pytest.raises(PromptError) as caught:
        list(json_list.rows(Trickle(data, size), "a.json"))
    line = 1 + before.count("\n")
    column = len(before) - before.rfind("\n") if "\n" in before else 6 + len(before)
    assert str(caught.value).startswith(f"a.json, line {line}, column {column}: ")


@pytest.mark.parametrize("rest", ['  "complete": true\n}\n', "", '  "summary": [{'])
def test_the_results_of_an_export_are_rows_where_those_are_asked_for(rest: str) -> None:
    file = Trickle((EXPORT + rest).encode(), 7)
    rows = list(json_list.rows_or_results(file, "a.json"))
    assert [(row.line, row.value) for row in rows] == [(4, {"a": 1}), (5, {"a": 2})]
    assert [row.value for row in json_list.rows_or_results(Trickle(b'[{"a": 3}]', 1), "a")] == [
        {"a": 3}
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            '{"schema": "modelforge.benchmark/1", "results": []}',
            "the file is an object, not a list",
        ),
        (EXPORT[:70], "not JSON"),
        ("[1] 2", "something follows the end of the list"),
    ],
)
def test_what_is_no_export_is_refused_as_any_file(content: str, reason: str) -> None:
    with pytest.raises(PromptError, match=reason):
        list(json_list.rows_or_results(Trickle(content.encode(), 7), "a.json"))


def test_an_export_is_no_file_of_prompts(folder: Folder) -> None:
    assert "an object, not a list; where it holds one object a line, name it .jsonl" in (
        folder.refusal("a.json", EXPORT + '"complete": true}')
    )
