"""A row's ``messages``, as the chat completions of OpenAI write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from modelforge.core.errors import PromptError
from modelforge.core.prompt import Message, Role
from modelforge.prompts.sendable import sendable
from modelforge.prompts.wording import kind_of, listed, quoted

# A tool's turn answers a call, and calls cannot be written in a prompt file.
_ROLES: Final[Mapping[str, Role]] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
}


def conversation(value: Any, where: str) -> tuple[Message, ...]:
    """The messages of a list of ``{"role": …, "content": …}``, the last one the user's.

    Raises:
        PromptError: it is not such a list; nothing of it is left out in silence.
    """
    if not isinstance(value, list) or not value:
        found = "an empty list" if value == [] else kind_of(value)
        raise PromptError(f"{where}: 'messages' is {found}, not a list of messages")
    messages = tuple(
        _message(item, f"{where}: message {number}") for number, item in enumerate(value, start=1)
    )
    if messages[-1].role != "user":
        raise PromptError(
            f"{where}: the last message is the {messages[-1].role}'s; "
            "it must be the user's, to be answered"
        )
    return messages


def _message(item: Any, where: str) -> Message:
    if not isinstance(item, Mapping):
        raise PromptError(f"{where} is {kind_of(item)}, not an object with 'role' and 'content'")
    for field in ("role", "content"):
        if field not in item:
            found = listed([str(name) for name in item]) or "nothing"
            raise PromptError(f"{where} has no {field!r}; it has {found}")
        if not isinstance(item[field], str):
            raise PromptError(f"{where}: {field!r} is {kind_of(item[field])}, not text")
    if len(item) > len(("role", "content")):
        others = [str(name) for name in item if name not in ("role", "content")]
        raise PromptError(f"{where}: only 'role' and 'content' can be sent, not {listed(others)}")
    role = _ROLES.get(item["role"])
    if role is None:
        raise PromptError(f"{where}: role {quoted(item['role'])} is not one of {', '.join(_ROLES)}")
    return Message(role=role, content=sendable(item["content"], f"{where}: 'content'"))
