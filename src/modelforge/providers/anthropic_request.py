"""What the Anthropic messages protocol is asked."""

from __future__ import annotations

from typing import Any, Final

from modelforge.core.errors import PromptError
from modelforge.core.generation import Generation
from modelforge.core.prompt import ImagePart, Message, Part, Prompt, TextPart, Tool
from modelforge.providers.picture import inline_picture
from modelforge.providers.request_body import stated, stop_of, system_text, turns, with_extra
from modelforge.providers.tool_calls import answered_call, arguments_object

DEFAULT_MAX_TOKENS: Final = 4096
"""Sent when nobody said how long an answer may be: the protocol has no request without a limit."""


def request_body(model: str, prompt: Prompt, generation: Generation) -> dict[str, Any]:
    """The body of ``POST /messages``."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": generation.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": _messages(prompt),
        "stream": generation.stream,
    }
    body |= stated(
        system=system_text(prompt.messages),
        temperature=generation.temperature,
        top_p=generation.top_p,
        stop_sequences=stop_of(generation),
        tools=[_tool(tool) for tool in generation.tools] or None,
        tool_choice=_tool_choice(generation.tool_choice),
        output_config=_output_config(generation),
    )
    return with_extra(body, generation.extra, merged="output_config")


def _messages(prompt: Prompt) -> list[dict[str, Any]]:
    said = (_turn(message) for message in prompt.messages)
    return [{"role": role, "content": blocks} for role, blocks in turns(said)]


def _turn(message: Message) -> tuple[str, list[dict[str, Any]]]:
    """A turn's role and blocks; system turns have none here, they stand apart."""
    if message.role == "system":
        if any(isinstance(part, ImagePart) for part in message.parts):
            raise PromptError(
                "a system turn holds a picture and the Anthropic protocol takes only text there; "
                "put it into a user turn"
            )
        return "user", []
    blocks = [block for part in message.parts if (block := _block(part)) is not None]
    if message.role == "tool":
        call_id = answered_call(message)
        return "user", [{"type": "tool_result", "tool_use_id": call_id, "content": blocks}]
    calls = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_object(call)}
        for call in message.tool_calls
    ]
    return message.role, blocks + calls


def _block(part: Part) -> dict[str, Any] | None:
    """A content block; None for an empty text, which the protocol refuses."""
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text} if part.text else None
    inline = inline_picture(part)
    if inline is None:
        return {"type": "image", "source": {"type": "url", "url": part.url}}
    source = {"type": "base64", "media_type": inline.media_type, "data": inline.data}
    return {"type": "image", "source": source}


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.parameters),
    }


def _tool_choice(choice: str | None) -> dict[str, str] | None:
    if choice is None:
        return None
    if choice == "required":
        return {"type": "any"}
    if choice in {"auto", "none"}:
        return {"type": choice}
    return {"type": "tool", "name": choice}


def _output_config(generation: Generation) -> dict[str, Any] | None:
    if generation.json_schema is None:
        return None
    return {"format": {"type": "json_schema", "schema": dict(generation.json_schema)}}
