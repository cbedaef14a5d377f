"""What the OpenAI chat completions protocol is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelforge.core.generation import Generation
from modelforge.core.prompt import Message, Part, TextPart, Tool, ToolCall
from modelforge.providers.request_body import SCHEMA_NAME, stated, stop_of, with_extra


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatDialect:
    """Where servers of the protocol differ.

    ``max_tokens_field`` bounds the answer's length, ``seed_field`` holds the seed, and
    ``stream_options`` is whether the server takes the field that asks for usage in a stream.
    """

    max_tokens_field: str = "max_tokens"
    seed_field: str = "seed"
    stream_options: bool = True


def request_body(
    model: str, messages: tuple[Message, ...], generation: Generation, dialect: ChatDialect
) -> dict[str, Any]:
    """The body of ``POST /chat/completions``."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message) for message in messages],
        "stream": generation.stream,
    }
    if generation.stream and dialect.stream_options:
        body["stream_options"] = {"include_usage": True}
    body |= stated(
        **{
            dialect.max_tokens_field: generation.max_tokens,
            dialect.seed_field: generation.seed,
        },
        temperature=generation.temperature,
        top_p=generation.top_p,
        stop=stop_of(generation),
        tools=[_tool(tool) for tool in generation.tools] or None,
        tool_choice=_tool_choice(generation.tool_choice),
        response_format=_response_format(generation),
    )
    return with_extra(body, generation.extra)


def _message(message: Message) -> dict[str, Any]:
    content: Any = message.content
    if not isinstance(content, str):
        content = [_part(part) for part in content]
    if message.tool_calls:
        return {
            "role": message.role,
            "content": content or None,
            "tool_calls": [_tool_call(call) for call in message.tool_calls],
        }
    if message.tool_call_id is not None:
        return {"role": message.role, "tool_call_id": message.tool_call_id, "content": content}
    return {"role": message.role, "content": content}


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    return {"type": "image_url", "image_url": {"url": part.url}}


def _tool_call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    return {"type": "function", "function": function}


def _tool_choice(choice: str | None) -> Any:
    if choice in {None, "auto", "none", "required"}:
        return choice
    return {"type": "function", "function": {"name": choice}}


def _response_format(generation: Generation) -> dict[str, Any] | None:
    if generation.json_schema is None:
        return None
    schema = {"name": SCHEMA_NAME, "schema": dict(generation.json_schema), "strict": True}
    return {"type": "json_schema", "json_schema": schema}
