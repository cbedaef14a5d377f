"""An answer, and when each part of it happened."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.core.events import Recalled
from modelforge.core.prompt import ToolCall
from modelforge.core.usage import Usage


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """The moments of one request, in seconds on one monotonic clock.

    Intent and fact are kept apart: ``due_s`` is when the request was ready to go, ``sent_s`` when
    its turn came and it was handed to the network. ``first_token_s`` is None when nothing was
    generated, or when the answer came in one piece and no first token can be told from the last.
    ``done_s`` is None when the answer was not timed, and every duration is None with it.
    """

    due_s: float
    sent_s: float
    first_token_s: float | None
    done_s: float | None

    @property
    def latency_s(self) -> float | None:
        """Sent to done."""
        return None if self.done_s is None else self.done_s - self.sent_s

    @property
    def ttft_s(self) -> float | None:
        """Sent to first token (TTFT)."""
        if self.first_token_s is None or self.done_s is None:
            return None
        return self.first_token_s - self.sent_s

    @property
    def queued_s(self) -> float | None:
        """Due to sent: the time spent waiting for a turn, which no server is to blame for."""
        return None if self.done_s is None else self.sent_s - self.due_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """What a model answered; ``text`` may be part of an answer when the request failed.

    When it was ``recalled``, ``timing`` measures nothing.
    """

    text: str
    reasoning: str
    refusal: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    usage: Usage
    timing: Timing
    recalled: Recalled | None = None
