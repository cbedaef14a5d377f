"""Conversations: turns made of real answers, and the layouts they are read from."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from modelforge.benchmark.conversation import Conversations, Script
from modelforge.benchmark.scripts import read_scripts
from tests.support.refusal import refusal


def test_each_turn_contains_the_answers_before_it() -> None:
    work = Conversations(
        scripts=(Script(turns=("hello", "why?", "bye"), system="be kind"),),
        think_s=2,
        max_tokens=9,
    )
    first = work.ask(0)
    assert (first.turn, first.more, first.think_s, first.max_tokens) == (0, True, 0, 9)
    second = work.follow_up(0, first, "hi")
    assert second is not None
    assert (second.turn, second.more, second.think_s, second.max_tokens) == (1, True, 2, 9)
    third = work.follow_up(0, second, "because")
    assert third is not None
    assert [(message.role, message.text) for message in third.prompt.messages] == [
        ("system", "be kind"),
        ("user", "hello"),
        ("assistant", "hi"),
        ("user", "why?"),
        ("assistant", "because"),
        ("user", "bye"),
    ]
    assert not third.more
    assert work.follow_up(0, third, "bye") is None
    assert pickle.loads(pickle.dumps(work)) == work  # noqa: S301 (its own)


def test_a_conversation_keeps_its_script_in_any_order() -> None:
    scripts = tuple(Script(turns=(f"a{number}", f"b{number}")) for number in range(5))
    work = Conversations(scripts=scripts, order="shuffled", seed=1)
    seen = set()
    for index in range(5):
        first = work.ask(index)
        second = work.follow_up(index, first, "x")
        assert second is not None
        assert second.prompt.text == first.prompt.text.replace("a", "b")
        seen.add(first.prompt.text)
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("row", "turns", "system"),
    [
        ({"turns": ["one", "two"]}, ("one", "two"), None),
        (
            {
                "conversations": [
                    {"from": "system", "value": "s"},
                    {"from": "human", "value": "one"},
                    {"from": "gpt", "value": "recorded"},
                    {"from": "human", "value": "two"},
                ]
            },
            ("one", "two"),
            "s",
        ),
        (
            {
                "messages": [
                    {"role": "user", "content": "one"},
                    {"role": "assistant", "content": "recorded"},
                ]
            },
            ("one",),
            None,
        ),
        ({"prompt": "one"}, ("one",), None),
        ({"question": "one", "answer": "2"}, ("one",), None),
        ({"instruction": "one", "input": "two", "output": "3"}, ("one\n\ntwo",), None),
        ({"instruction": "one", "input": ""}, ("one",), None),
    ],
)
def test_a_layout_is_read_line_by_line_or_as_one_list(
    row: dict[str, Any], turns: tuple[str, ...], system: str | None
) -> None:
    expected = (Script(turns=turns, system=system),) * 2
    line = json.dumps(row)
    assert read_scripts([line + "\n", "\n", line], "x") == expected
    whole = json.dumps([row, row], indent=1)
    assert read_scripts(whole.splitlines(keepends=True), "x") == expected


def test_rows_without_a_user_are_left_out() -> None:
    lines = ['{"conversations": [{"from": "gpt", "value": "hm"}]}', '{"turns": ["a", " "]}']
    assert read_scripts(lines, "x") == (Script(turns=("a",)),)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "x, line 1: this is not JSON"),
        ("[" * 100_000, "x: this is not JSON"),
        ("[1]", "x, row 1: this is no JSON object"),
        ("7", "x, line 1: this is no JSON object"),
        ('{"a": 1}', "x, line 1: there is no conversation: it needs turns, conversations,"),
        ('{"turns": "a"}', "x, line 1: the turns must be a list"),
        ('{"turns": [1]}', "x, line 1: a turn must be text, not int"),
        ('{"messages": ["a"]}', "x, line 1: a turn must be an object with 'role' and 'content'"),
        ('{"messages": [{"role": "user"}]}', "x, line 1: a turn must be text, not NoneType"),
        ('{"turns": []}', "x: there is no conversation in it"),
        ("", "x: there is no conversation in it"),
    ],
)
def test_what_is_no_conversation_is_refused(line: str, says: str) -> None:
    assert refusal(lambda: read_scripts([line], "x")).startswith(says)


def test_nonsense_is_refused() -> None:
    script = Script(turns=("a",))
    assert "turns" in refusal(lambda: Script(turns=()))
    assert "turns" in refusal(lambda: Script(turns=("a", "")))
    assert "no conversation to hold" in refusal(lambda: Conversations(scripts=()))
    assert "think" in refusal(lambda: Conversations(scripts=(script,), think_s=-1))
    assert "seed" in refusal(lambda: Conversations(scripts=(script,), seed=-1))
    assert "max_tokens" in refusal(lambda: Conversations(scripts=(script,), max_tokens=0))
    assert "order" in refusal(
        lambda: Conversations(scripts=(script,), order="x")  # type: ignore[arg-type]
    )
