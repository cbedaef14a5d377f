"""Tool calls between the core's words and the wire's."""

from __future__ import annotations

import json
from typing import Any

from modelforge.core.errors import PromptError
from modelforge.core.events import ToolCallDelta
from modelforge.core.prompt import Message, ToolCall
from modelforge.providers.json_shape import NotTheProtocol, text


class OpenCall:
    """A tool call whose arguments are arriving."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.has_arguments = False


def opening(index: int, id: Any, name: Any, arguments: Any = "") -> ToolCallDelta:  # noqa: A002 (the protocols' name for it)
    """The first delta of a call; a server that names none gets ``call_INDEX`` for an id."""
    return ToolCallDelta(
        index=index,
        id=text(id) if id else f"call_{index}",
        name=text(name or ""),
        arguments=arguments_text(arguments),
    )


def arguments_text(value: Any) -> str:
    """Arguments as JSON text, from servers that send text and from those that send an object."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    raise NotTheProtocol


def arguments_object(call: ToolCall) -> dict[str, Any]:
    """The arguments of ``call``, for protocols that take an object.

    Raises:
        PromptError: they are not the JSON text of an object.
    """
    try:
        value = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise PromptError(
            f"the arguments of tool call {call.id!r} ({call.name}) are not a JSON object: "
            f"{call.arguments[:80]!r}; this protocol sends them as one"
        )
    return value


def answered_call(message: Message) -> str:
    """The id of the call that a ``tool`` turn answers.

    Raises:
        PromptError: it says none.
    """
    if message.tool_call_id is None:
        raise PromptError("a tool turn does not say which call it answers: give it a tool_call_id")
    return message.tool_call_id
