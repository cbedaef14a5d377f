"""A request for an answer, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_OUTPUT_TOKENS: Final = 131_072


@dataclass(frozen=True, kw_only=True, slots=True)
class CompletionRequest:
    """What matters of a request; the fields that change nothing here are not kept.

    ``prompt`` is all its text in order, a line a message. Pictures and sounds count for nothing.
    ``max_tokens`` is how long the answer will be, or, where ``at_most``, only how long it may be: a
    protocol that has no request without a limit would otherwise never see the profile's lengths.
    """

    chat: bool
    model: str
    prompt: str
    max_tokens: int | None
    stream: bool
    include_usage: bool = True
    at_most: bool = False
