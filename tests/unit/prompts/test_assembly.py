"""From a row's fields to a case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelforge.core.prompt import Message
from tests.unit.prompts.reading import Folder, cases, refusal


def _row(folder: Folder, row: dict[str, Any], **options: Any) -> Any:
    return folder.cases("a.jsonl", json.dumps(row), **options)[0]


def _refusal(folder: Folder, row: dict[str, Any], **options: Any) -> str:
    message = folder.refusal("a.jsonl", json.dumps(row), **options)
    prefix = "a.jsonl, line 1: "
    assert message.startswith(prefix)
    return message.removeprefix(prefix)


def test_a_prompt_is_sent_as_it_is(folder: Folder) -> None:
    case = _row(folder, {"prompt": "{{ 7 * 7 }} {% raw %}\n", "x": 1})
    assert case.prompt.messages == (Message(role="user", content="{{ 7 * 7 }} {% raw %}\n"),)


def test_the_prompt_and_the_id_may_have_other_names(folder: Folder) -> None:
    row = {"question": "Why?", "key": 1.5, "prompt": "no", "id": "no", "messages": "no"}
    case = _row(folder, row, prompt_field="question", id_field="key")
    assert (case.prompt.text, case.id) == ("Why?", "1.5")


def test_text_rows_need_no_field_whatever_its_name(folder: Folder) -> None:
    assert folder.texts("a.jsonl", '"a"', prompt_field="question") == ["a"]


@pytest.mark.parametrize(("value", "shown"), [(7, "7"), (-1.5, "-1.5"), ("seven", "seven")])
def test_an_id_is_text_or_a_number(folder: Folder, value: object, shown: str) -> None:
    assert _row(folder, {"prompt": "a", "id": value}).id == shown


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}])
def test_an_id_may_be_missing(folder: Folder, row: dict[str, Any]) -> None:
    assert _row(folder, {"prompt": "a", **row}).id is None


@pytest.mark.parametrize(
    ("value", "kind"), [(True, "a boolean"), ([1], "a list"), ({}, "an object")]
)
def test_any_other_id_is_refused(folder: Folder, value: object, kind: str) -> None:
    message = _refusal(folder, {"prompt": "a", "id": value})
    assert message == f"'id' is {kind}; an id is text or a number"


def test_the_systems_message_is_the_rows_own_before_the_options(folder: Folder) -> None:
    content = '"a"\n{"prompt": "b", "system": "own"}\n{"prompt": "c", "system": ""}\n'
    found = folder.cases("a.jsonl", content, system="option")
    assert [case.prompt.messages[0].content for case in found] == ["option", "own", "option"]
    assert {case.prompt.messages[0].role for case in found} == {"system"}


def test_a_system_message_among_the_messages_is_the_rows_own(folder: Folder) -> None:
    messages = [{"role": "system", "content": "own"}, {"role": "user", "content": "a"}]
    case = _row(folder, {"messages": messages}, system="option")
    assert [message.content for message in case.prompt.messages] == ["own", "a"]
    without = _row(folder, {"messages": messages[1:]}, system="option")
    assert [message.content for message in without.prompt.messages] == ["option", "a"]


def test_two_system_messages_of_one_row_are_refused(folder: Folder) -> None:
    messages = [{"role": "system", "content": "one"}, {"role": "user", "content": "a"}]
    message = _refusal(folder, {"messages": messages, "system": "two"})
    assert message == "has both 'system' and a system message in its messages"


def test_a_prompt_may_stand_in_the_field_system(folder: Folder) -> None:
    case = _row(folder, {"system": "a"}, prompt_field="system")
    assert [message.role for message in case.prompt.messages] == ["user"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({}, "no field 'prompt'; there are none; name the one that holds the prompt"),
        (
            {"question": "a", "answer": "b"},
            "no field 'prompt'; there are 'question', 'answer'; name the one that holds",
        ),
        ({"prompt": None}, "field 'prompt' is null, not text; make text of it with --template"),
        ({"prompt": ["a"]}, "field 'prompt' is a list, not text; make text of it with --template"),
        ({"prompt": ""}, "'prompt' is empty"),
        ({"prompt": " \n"}, "'prompt' is empty"),
        ({"prompt": "a", "messages": []}, "has both 'prompt' and 'messages'; choose with"),
        ({"prompt": "a", "system": 5}, "'system' is a number, not text"),
        ({"prompt": "a", "system": "  "}, "'system' is empty"),
    ],
)
def test_a_row_without_a_usable_prompt_is_refused(
    folder: Folder, row: dict[str, Any], reason: str
) -> None:
    assert _refusal(folder, row).startswith(reason)


def test_a_field_that_was_asked_for_must_be_there(folder: Folder) -> None:
    assert _refusal(folder, {"messages": []}, prompt_field="question") == (
        "no field 'question'; there are 'messages'; "
        "name the one that holds the prompt with --prompt-field"
    )
    assert _refusal(folder, {"prompt": "a", "id": 1}, id_field="key") == (
        "no field 'key'; there are 'prompt', 'id'; name the one that holds the id with --id-field"
    )


def test_names_in_messages_are_escaped_shortened_and_few(folder: Folder) -> None:
    row = {"\x1b[31m" + "x" * 10_000: 1, **{f"field{number}": 1 for number in range(1000)}}
    message = _refusal(folder, row, prompt_field="\x1b[0m\u202e")
    assert message.startswith("no field '\\x1b[0m\\u202e'; there are '\\x1b[31mxxx")
    assert "'field0', 'field1'" in message
    assert "… (1001 in all)" in message
    assert len(message) < 500


def test_the_limit_leaves_what_follows_unread(folder: Folder) -> None:
    assert folder.texts("a.jsonl", '"a"\n"b"\nbroken\n', limit=2) == ["a", "b"]
    assert folder.texts("a.jsonl", '"a"\n', limit=2) == ["a"]


def test_one_prompt_has_no_line(folder: Folder) -> None:
    assert [case.index for case in cases(prompt="a", limit=1)] == [0]
    assert refusal(prompt="a", template="{{ x }}") == (
        "--prompt: --template, line 1: 'x' is undefined; known are 'row', 'prompt'"
    )
