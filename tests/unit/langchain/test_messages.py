"""LangChain's messages and the core's prompt, there and back."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from modelforge.core.errors import PromptError
from modelforge.core.prompt import ImagePart, Message, Prompt, TextPart, ToolCall
from modelforge.langchain.foreign_messages import messages_of
from modelforge.langchain.messages import prompt_of

DATA_URL = "data:image/png;base64,AAAA"


def test_every_role() -> None:
    call: Any = {"name": "f", "args": {"á": 1}, "id": "1", "type": "tool_call"}
    broken: Any = {"name": "g", "args": "{oh", "id": "2", "error": None}
    prompt = prompt_of(
        [
            SystemMessage("be brief"),
            HumanMessage("why?", name="ann"),
            AIMessage("", tool_calls=[call], invalid_tool_calls=[broken]),
            ToolMessage("because", tool_call_id="1"),
            ChatMessage(role="user", content="so?"),
        ]
    )
    assert prompt.messages == (
        Message(role="system", content="be brief"),
        Message(role="user", content="why?"),
        Message(
            role="assistant",
            content="",
            tool_calls=(
                ToolCall(id="1", name="f", arguments='{"á": 1}'),
                ToolCall(id="2", name="g", arguments="{oh"),
            ),
        ),
        Message(role="tool", content="because", tool_call_id="1"),
        Message(role="user", content="so?"),
    )


@pytest.mark.parametrize(
    ("block", "url"),
    [
        ({"type": "image", "url": "https://x.example/a.png"}, "https://x.example/a.png"),
        ({"type": "image", "base64": "AAAA", "mime_type": "image/png"}, DATA_URL),
        (
            {"type": "image", "source_type": "url", "url": "https://x.example/a.png"},
            "https://x.example/a.png",
        ),
        (
            {"type": "image", "source_type": "base64", "data": "AAAA", "mime_type": "image/png"},
            DATA_URL,
        ),
        ({"type": "image_url", "image_url": {"url": DATA_URL}}, DATA_URL),
        ({"type": "image_url", "image_url": {"url": DATA_URL, "detail": "low"}}, DATA_URL),
        ({"type": "image_url", "image_url": DATA_URL}, DATA_URL),
        (
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
            },
            DATA_URL,
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
            "https://x.example/a.png",
        ),
    ],
)
def test_pictures_in_every_shape(block: dict[str, Any], url: str) -> None:
    prompt = prompt_of([HumanMessage(["see ", block])])
    assert prompt.messages[0].content == (TextPart(text="see "), ImagePart(url=url))


def test_blocks_of_text_are_a_text_and_a_models_notes_are_left_out() -> None:
    blocks: list[Any] = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "reasoning", "reasoning": "hm"},
        {"type": "text", "text": "a"},
        "b",
        {"type": "tool_use", "id": "1", "name": "f", "input": {}},
    ]
    assert prompt_of([AIMessage(blocks)]).messages[0].content == "ab"
    assert prompt_of([AIMessage([])]).messages[0].content == ""


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (HumanMessage([{"type": "audio", "base64": "A", "mime_type": "audio/wav"}]), "'audio'"),
        (HumanMessage([{"type": "image", "file_id": "file-1"}]), "file id"),
        (HumanMessage([{"type": "image", "base64": "A"}]), "mime_type"),
        (HumanMessage([{"type": "hologram"}]), "'hologram'"),
        (ChatMessage(role="chorus", content="x"), "role 'chorus'"),
        (RemoveMessage(id="1"), "RemoveMessage"),
    ],
)
def test_what_cannot_be_carried_is_named(message: BaseMessage, words: str) -> None:
    with pytest.raises(PromptError, match=words):
        prompt_of([message])


def test_there_and_back() -> None:
    prompt = Prompt(
        messages=(
            Message(role="system", content="s"),
            Message(
                role="user",
                content=(
                    TextPart(text="look"),
                    ImagePart(url=DATA_URL),
                    ImagePart(url="https://x.example/a.png"),
                ),
            ),
            Message(
                role="assistant",
                content="",
                tool_calls=(
                    ToolCall(id="1", name="f", arguments='{"a": 1}'),
                    ToolCall(id="2", name="f", arguments="[1]"),
                ),
            ),
            Message(role="tool", content="r", tool_call_id="1"),
        )
    )
    assert prompt_of(messages_of(prompt)) == prompt
