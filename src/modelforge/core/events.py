"""What arrives while a model answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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
class RefusalDelta:
    """More of the words with which the model declines to answer; never empty."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCallDelta:
    """More of a tool call.

    ``index`` tells the calls of one answer apart, from 0. ``id`` and ``name`` come once, with the
    call's first delta, and are None after it; ``arguments`` is the next piece of JSON text, or of
    the free text that a server's custom tool takes.
    """

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageReport:
    """The server's own count of tokens; a later one replaces an earlier one."""

    usage: Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """Why the answer ended.

    ``stop``, ``length``, ``tool_calls`` and ``content_filter`` mean the same for every protocol;
    a reason without such an equal is the server's own word.
    """

    reason: str


ChatEvent = TextDelta | ReasoningDelta | RefusalDelta | ToolCallDelta | UsageReport | Finish


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """That an answer was not given now but kept from an earlier request.

    ``asked_at`` is when that request was sent; ``latency_s`` and ``first_token_s`` are what it took
    then, for information: they are measurements of that day and of no other.
    """

    asked_at: datetime
    latency_s: float | None = None
    first_token_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """The events that one network segment completed, and when it arrived.

    ``at_s`` is on the monotonic clock of the transport; None in an answer that was not timed, as
    nothing generated it now (it was recorded earlier). A segment that completes no event is not an
    arrival. ``whole``: the answer came in one piece, so that its first token cannot be told from
    its last. ``sent_s``, on the first arrival only, is when the request really went out, if
    that was later than it was asked for. ``recalled``: nothing was sent, and no moment of this
    answer measures anything.
    """

    at_s: float | None
    events: tuple[ChatEvent, ...]
    whole: bool = False
    sent_s: float | None = None
    recalled: Recalled | None = None
