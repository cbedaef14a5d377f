"""What a model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from modelforge.core.errors import UsageError

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """A conversation for a model to continue; its last message is the one to answer.

    Raises:
        UsageError: there is no message.
    """

    messages: tuple[Message, ...]

    def __post_init__(self) -> None:
        if not self.messages:
            raise UsageError("a prompt needs at least one message")

    @classmethod
    def of(cls, text: str, *, system: str | None = None) -> Prompt:
        """One user message, after an optional system message."""
        asked = Message(role="user", content=text)
        if system is None:
            return cls(messages=(asked,))
        return cls(messages=(Message(role="system", content=system), asked))

    @property
    def text(self) -> str:
        """The message to answer."""
        return self.messages[-1].content


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One prompt of a set: ``index`` counts from 0, ``id`` is the set's own name for it."""

    index: int
    prompt: Prompt
    id: str | None = None
