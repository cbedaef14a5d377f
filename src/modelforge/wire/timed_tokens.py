"""The tokens of one answer as its events come, and when they came."""

from __future__ import annotations

from collections.abc import Sequence

from modelforge.core.errors import RequestError
from modelforge.core.events import ChatEvent
from modelforge.core.usage import Usage
from modelforge.wire.reading import Reading
from modelforge.wire.token_count import TokenCount


class TimedTokens:
    """Counts tokens and notes the moments at which some came, each once.

    Attributes:
        timed: whether moments are noted. When the tokens of an answer in one piece were there is
            not known.

    Args:
        keep_text: keep the text too, however long it gets.
    """

    def __init__(self, *, keep_text: bool) -> None:
        self.timed = True
        self._count = TokenCount(keep_text=keep_text)
        self._moments_ns: list[int] = []
        self._reasoning_moments = 0

    def add(self, events: Sequence[ChatEvent], at_ns: int) -> None:
        """Take ``events``, which came at ``at_ns`` on the monotonic clock."""
        thinks = self._count.thinks_on(events)
        if not self._count.add(events) or not self.timed:
            return
        if not self._moments_ns or self._moments_ns[-1] != at_ns:
            self._moments_ns.append(at_ns)
            self._reasoning_moments += thinks

    def reading(
        self, *, status: int, finished: bool, error: RequestError | None, reusable: bool = False
    ) -> Reading:
        """All that came so far, with what is known of its end."""
        return Reading(
            status=status,
            moments_ns=self._moments_ns,
            reasoning_moments=self._reasoning_moments,
            tokens=self._count.tokens,
            reasoning_tokens=self._count.reasoning_tokens,
            usage=self._count.usage or Usage(),
            finished=finished,
            text=self._count.text,
            error=error,
            reusable=reusable,
        )
