"""LangChain's messages as the core's prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from modelforge.core.errors import PromptError
from modelforge.core.prompt import ImagePart, Message, Part, Prompt, Role, TextPart, ToolCall

_ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
}
# Carried by a message's own fields, or a model's private notes that are no part of a prompt.
_NOT_CONTENT: Final = frozenset(
    {
        "tool_call",
        "tool_call_chunk",
        "invalid_tool_call",
        "server_tool_call",
        "server_tool_call_chunk",
        "server_tool_result",
        "reasoning",
        "tool_use",
        "function_call",
        "thinking",
        "redacted_thinking",
        "refusal",
    }
)


def prompt_of(messages: Sequence[BaseMessage]) -> Prompt:
    """The conversation, with its pictures and tool calls.

    Raises:
        PromptError: a message or a block of one cannot be carried (audio, video, a file, a picture
            by a provider's file id).
    """
    return Prompt(messages=tuple(_message(message) for message in messages))


def _message(message: BaseMessage) -> Message:
    content = _content(message)
    match message:
        case SystemMessage():
            return Message(role="system", content=content)
        case HumanMessage():
            return Message(role="user", content=content)
        case AIMessage():
            return Message(
                role="assistant", content=content, tool_calls=tuple(_tool_calls(message))
            )
        case ToolMessage():
            return Message(role="tool", content=content, tool_call_id=message.tool_call_id)
        case ChatMessage() if message.role in _ROLES:
            return Message(role=_ROLES[message.role], content=content)
    role = getattr(message, "role", None)
    said = f"role {role!r}" if role is not None else type(message).__name__
    raise PromptError(
        f"a message of {said} cannot be sent: use system, human, AI and tool messages"
    )


def _tool_calls(message: AIMessage) -> Iterator[ToolCall]:
    for call in message.tool_calls:
        arguments = json.dumps(call["args"], ensure_ascii=False)
        yield ToolCall(id=call["id"] or "", name=call["name"], arguments=arguments)
    for broken in message.invalid_tool_calls:
        yield ToolCall(
            id=broken["id"] or "", name=broken["name"] or "", arguments=broken["args"] or ""
        )


def _content(message: BaseMessage) -> str | tuple[Part, ...]:
    if isinstance(message.content, str):
        return message.content
    # LangChain reads OpenAI's, Anthropic's, Google's and its own older blocks into standard ones.
    blocks = cast("list[dict[str, Any]]", message.content_blocks)
    parts = tuple(part for block in blocks if (part := _part(block)) is not None)
    if all(isinstance(part, TextPart) for part in parts):
        return "".join(part.text for part in parts if isinstance(part, TextPart))
    return parts


def _part(block: Mapping[str, Any]) -> Part | None:
    kind = block.get("type")
    if kind == "non_standard":
        return _foreign_part(block.get("value") or {})
    if kind in {"text", "text-plain"} and isinstance(block.get("text"), str):
        return TextPart(text=block["text"])
    if kind == "image":
        return ImagePart(url=_image_url(block))
    if kind in _NOT_CONTENT:
        return None
    raise PromptError(
        f"a content block of type {kind!r} cannot be sent: only text and pictures can"
    )


def _foreign_part(block: Mapping[str, Any]) -> Part | None:
    kind = block.get("type")
    if kind == "image_url" and isinstance(block.get("image_url"), str | dict):
        picture = block["image_url"]
        url = picture.get("url") if isinstance(picture, dict) else picture
        if isinstance(url, str):
            return ImagePart(url=url)
    if kind in {"text", "input_text", "output_text", None} and isinstance(block.get("text"), str):
        return TextPart(text=block["text"])
    if kind in _NOT_CONTENT:
        return None
    raise PromptError(
        f"a content block of type {kind!r} cannot be sent: only text and pictures can"
    )


def _image_url(block: Mapping[str, Any]) -> str:
    if isinstance(url := block.get("url"), str):
        return url
    data, kind = block.get("base64"), block.get("mime_type")
    if not isinstance(data, str):
        raise PromptError(
            "a picture by file id cannot be sent: only its provider has the file;"
            " give its url or its base64 data"
        )
    if not kind:
        raise PromptError(
            'a picture in base64 needs its mime_type, for example "mime_type": "image/png"'
        )
    return f"data:{kind};base64,{data}"
