"""Rows with ``messages``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelforge.core.prompt import Message
from tests.unit.prompts.reading import Folder


def test_the_messages_are_sent_as_they_are(folder: Folder) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "{{ hi }}"},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Why?"},
    ]
    [case] = folder.cases("a.json", json.dumps([{"messages": messages, "id": 3}]))
    assert case.prompt.messages == tuple(Message(**message) for message in messages)  # type: ignore[arg-type]
    assert case.id == "3"


_USER = {"role": "user", "content": "a"}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ("a", "'messages' is text, not a list of messages"),
        (None, "'messages' is null, not a list of messages"),
        ([], "'messages' is an empty list, not a list of messages"),
        (["a"], "message 1 is text, not an object with 'role' and 'content'"),
        ([_USER, {}], "message 2 has no 'role'; it has nothing"),
        ([{"role": "user", "text": "a"}], "message 1 has no 'content'; it has 'role', 'text'"),
        ([{"role": "tool", "content": "a"}], "message 1: role 'tool' is not one of system, user,"),
        ([{"role": 1, "content": "a"}], "message 1: 'role' is a number, not text"),
        ([{"role": "user", "content": ["a"]}], "message 1: 'content' is a list, not text"),
        ([{"role": "user", "content": None}], "message 1: 'content' is null, not text"),
        ([{"role": "user", "content": ""}], "message 1: 'content' is empty"),
        ([{**_USER, "name": "x"}], "message 1: only 'role' and 'content' can be sent, not 'name'"),
        (
            [_USER, {"role": "assistant", "content": "b"}],
            "the last message is the assistant's; it must be the user's, to be answered",
        ),
        ([{"role": "system", "content": "b"}], "the last message is the system's; it must be the"),
    ],
)
def test_anything_else_is_refused(folder: Folder, messages: Any, reason: str) -> None:
    message = folder.refusal("a.jsonl", json.dumps({"messages": messages}))
    assert message.startswith(f"a.jsonl, line 1: {reason}")


def test_messages_of_a_table_are_text_and_refused(folder: Folder) -> None:
    message = folder.refusal("a.csv", "messages\nhi\n")
    assert message == "a.csv, line 2: 'messages' is text, not a list of messages"


def test_names_that_are_not_text_are_refused_too(folder: Folder) -> None:
    content = "- messages: [{role: user, content: a, 1: b}]\n"
    message = folder.refusal("a.yaml", content)
    assert message == "a.yaml, line 1: message 1: only 'role' and 'content' can be sent, not '1'"
    message = folder.refusal("a.yaml", "- messages: [{1: b}]\n")
    assert message == "a.yaml, line 1: message 1 has no 'role'; it has '1'"
