"""A call's options over a model's settings."""

from __future__ import annotations

from typing import Any

import pytest

from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.core.prompt import Tool
from modelforge.langchain.call import generation_of, tool_choice_of

DEFAULTS = Generation(temperature=0.5, stop=("a",), extra={"top_k": 1})


def made(stop: list[str] | str | None = None, **options: Any) -> Generation:
    return generation_of(DEFAULTS, stream=True, stop=stop, options=options)


def test_a_call_without_options_keeps_the_defaults() -> None:
    assert made() == DEFAULTS


def test_options_win_and_unknown_names_are_the_servers() -> None:
    generation = made(
        ["b"], temperature=0, top_k=2, min_p=0.1, model="m", timeout=3, stream=False, strict=True
    )
    assert generation == Generation(
        temperature=0, stop=("b",), extra={"top_k": 2, "min_p": 0.1}, stream=True
    )


def test_one_text_to_stop_at_is_one() -> None:
    assert made("end").stop == ("end",)


def test_tools_of_every_description() -> None:
    def add(a: int) -> int:
        """Adds."""
        return a

    kept = Tool(name="x", description="", parameters={})
    anthropic = {"name": "y", "description": "d", "input_schema": {"type": "object"}}
    tools = made(tools=[add, kept, anthropic]).tools
    assert [tool.name for tool in tools] == ["add", "x", "y"]
    assert tools[0].description == "Adds."
    assert tools[0].parameters["properties"] == {"a": {"type": "integer"}}
    with pytest.raises(UsageError, match="web_search"):
        made(tools=[{"type": "web_search"}])


@pytest.mark.parametrize(
    ("choice", "read"),
    [
        (None, None),
        (False, None),
        (True, "required"),
        ("any", "required"),
        ("required", "required"),
        ("auto", "auto"),
        ("none", "none"),
        ("add", "add"),
        ({"type": "function", "function": {"name": "add"}}, "add"),
        ({"type": "tool", "name": "add"}, "add"),
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
    ],
)
def test_tool_choice(choice: Any, read: str | None) -> None:
    assert tool_choice_of(choice) == read


def test_a_tool_choice_that_cannot_be_read() -> None:
    with pytest.raises(UsageError, match="tool_choice 3"):
        tool_choice_of(3)


def test_a_value_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="max_tokens"):
        made(max_tokens="x")
