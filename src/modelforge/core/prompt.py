"""What a model is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from modelforge.core.errors import UsageError

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPart:
    """A piece of text."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImagePart:
    """A picture: ``url`` is an http(s) address, or a ``data:`` URL that holds the picture."""

    url: str


Part = TextPart | ImagePart


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A model's wish to have a tool called; ``arguments`` is JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    """A function that a model may ask for; ``parameters`` is a JSON Schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One turn of a conversation.

    ``content`` is a text, or text and pictures in order. ``tool_calls`` are what an assistant's
    turn asked for; ``tool_call_id`` says which of them a ``tool`` turn answers.
    """

    role: Role
    content: str | tuple[Part, ...]
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The text of the turn, without its pictures."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, TextPart))

    @property
    def parts(self) -> tuple[Part, ...]:
        """The content as parts; an empty text is no part."""
        if isinstance(self.content, str):
            return (TextPart(text=self.content),) if self.content else ()
        return self.content


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
        """The text of the message to answer."""
        return self.messages[-1].text


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One prompt of a set: ``index`` counts from 0, ``id`` is the set's own name for it.

    ``cluster`` names what it belongs to with other prompts: a document, a conversation.
    """

    index: int
    prompt: Prompt
    id: str | None = None
    cluster: str | None = None
