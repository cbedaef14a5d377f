"""What arrives while a model answers."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.core.usage import Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDelta:
    """More of the answer; never empty."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasoningDelta:
    """More of the reasoning that precedes the answer; never empty."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport:
    """The server's own count of tokens; a later one replaces an earlier one."""

    usage: Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """The server's reason for stopping, in its own word (``stop``, ``length``, …)."""

    reason: str


ChatEvent = TextDelta | ReasoningDelta | UsageReport | Finish


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """The events that one network segment completed, and when it arrived.

    ``at_s`` is on the monotonic clock of the transport. A segment that completes no event is
    not an arrival. ``whole``: the answer came in one piece, so that its first token cannot be told
    from its last.
    """

    at_s: float
    events: tuple[ChatEvent, ...]
    whole: bool = False
