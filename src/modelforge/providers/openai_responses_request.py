"""What the OpenAI Responses protocol is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelforge.core.errors import ConfigError, PromptError
from modelforge.core.generation import Generation
from modelforge.core.prompt import ImagePart, Message, Part, Prompt, TextPart, Tool
from modelforge.providers.request_body import SCHEMA_NAME, stated, system_text, with_extra
from modelforge.providers.tool_calls import answered_call


def request_body(model: str, prompt: Prompt, generation: Generation) -> dict[str, Any]:
    """The body of ``POST /responses``."""
    if generation.stop:
        raise ConfigError(
            f"the Responses protocol has no stop sequences and {list(generation.stop)!r} are "
            'asked for; leave them out or use protocol = "openai"'
        )
    body: dict[str, Any] = {
        "model": model,
        "input": [item for message in prompt.messages for item in _items(message)],
        "stream": generation.stream,
        "store": False,
    }
    body |= stated(
        instructions=system_text(prompt.messages),
        max_output_tokens=generation.max_tokens,
        temperature=generation.temperature,
        top_p=generation.top_p,
        tools=[_tool(tool) for tool in generation.tools] or None,
        tool_choice=_tool_choice(generation.tool_choice),
        text=_text_format(generation),
    )
    return with_extra(body, generation.extra, merged="text")


def _items(message: Message) -> Iterator[dict[str, Any]]:
    """The input items of a turn; system turns have none here, they stand apart."""
    pictures = any(isinstance(part, ImagePart) for part in message.parts)
    if pictures and message.role in {"system", "assistant"}:
        raise PromptError(
            f"a {message.role} turn holds a picture and the Responses protocol takes only text "
            "there; put it into a user turn"
        )
    if message.role == "tool":
        call_id = answered_call(message)
        yield {"type": "function_call_output", "call_id": call_id, "output": _content(message)}
    elif message.role == "assistant":
        if message.text:
            yield {"role": "assistant", "content": message.text}
        for call in message.tool_calls:
            yield {
                "type": "function_call",
                "call_id": call.id,
                "name": call.name,
                "arguments": call.arguments,
            }
    elif message.role == "user":
        yield {"role": "user", "content": _content(message)}


def _content(message: Message) -> Any:
    if isinstance(message.content, str):
        return message.content
    return [_part(part) for part in message.content]


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "input_text", "text": part.text}
    return {"type": "input_image", "image_url": part.url}


def _tool(tool: Tool) -> dict[str, Any]:
    # Strict is this protocol's default and not that of any other: the same tool for all of them.
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
        "strict": False,
    }


def _tool_choice(choice: str | None) -> Any:
    if choice in {None, "auto", "none", "required"}:
        return choice
    return {"type": "function", "name": choice}


def _text_format(generation: Generation) -> dict[str, Any] | None:
    if generation.json_schema is None:
        return None
    schema = dict(generation.json_schema)
    return {
        "format": {"type": "json_schema", "name": SCHEMA_NAME, "schema": schema, "strict": True}
    }
