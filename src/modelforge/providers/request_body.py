"""Pieces of a request body that several protocols put together alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from modelforge.core.generation import Generation
from modelforge.core.prompt import Message

SCHEMA_NAME = "answer"
"""What a JSON schema is called where a protocol wants a name for it."""


def stated(**settings: Any) -> dict[str, Any]:
    """The settings that are not None."""
    return {name: value for name, value in settings.items() if value is not None}


def stop_of(generation: Generation) -> list[str] | None:
    """The stop sequences, None when there are none."""
    return list(generation.stop) or None


def with_extra(
    body: Mapping[str, Any], extra: Mapping[str, Any], *, merged: str | None = None
) -> dict[str, Any]:
    """``extra`` laid over ``body``; the table ``merged`` is laid over key by key."""
    laid = {**body, **extra}
    if merged is not None and isinstance(extra.get(merged), Mapping):
        laid[merged] = {**body.get(merged, {}), **extra[merged]}
    return laid


def system_text(messages: Iterable[Message]) -> str | None:
    """The text of all system turns, a blank line between them; None when there is none."""
    texts = [message.text for message in messages if message.role == "system"]
    return "\n\n".join(texts) if any(texts) else None


def turns(pieces: Iterable[tuple[str, list[Any]]]) -> Iterator[tuple[str, list[Any]]]:
    """Roles and their content, neighbours of the same role made one; the empty are left out."""
    said = (piece for piece in pieces if piece[1])
    for role, group in groupby(said, key=lambda piece: piece[0]):
        yield role, [part for _, parts in group for part in parts]
