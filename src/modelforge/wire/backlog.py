"""Answers that are complete, until what follows them is sent and they are read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic_ns
from typing import Final

from modelforge.wire.connection import WireConnection
from modelforge.wire.exact_reader import ExactReader
from modelforge.wire.exchange import Exchange
from modelforge.wire.framing import stays_open_behind
from modelforge.wire.full_reader import FullReader
from modelforge.wire.reading import Reading, Segments

_MANY_BYTES: Final = 8 * 2**20
"""Beyond, as many are read in a turn of the loop as were told of in it, and eight at least."""
_AT_LEAST: Final = 8
_MOST_BYTES: Final = 32 * 2**20
"""As a thousand answers of 128 tokens have: what is more than that is read at once."""
_STEP_NS: Final = 200_000
"""So long a turn begins with one more: a request takes 10 to 40 us, an answer 20 to 80."""
_WHOLE_STEP_NS: Final = 1_000_000
"""The same where answers come whole: no gap is timed, and turns cost throughput."""


@dataclass(kw_only=True, slots=True)
class Unread:
    """A complete answer, as it came, and the connection that brought it."""

    connection: WireConnection
    exchange: Exchange
    segments: Segments
    received: int


def read_complete(
    segments: Segments,
    *,
    exact: ExactReader | None,
    full: Callable[[], FullReader],
    keep_text: bool,
) -> Reading:
    """What an answer says of which nothing more will come."""
    reading = None if exact is None else exact.read(segments, keep_text=keep_text)
    if reading is None:
        reader = full()
        reader.feed_all(segments)
        reader.end(segments.stamps_ns[-1])
        reading = reader.reading()
    if not reading.reusable:
        reading.reusable = stays_open_behind(segments.joined())
    return reading


class Backlog:
    """Goes on after answers, and reads them, for a fraction of a millisecond in each turn of the
    loop, so that segments wait for no more than that.

    Where many answers end together, to send what follows and to read each at once would stamp the
    tokens of all others late. What is kept is bounded: beyond some megabytes, more are read in a
    turn, and beyond some more all that are too many, whether they were told of or not.

    Args:
        tell: says of one that it is complete: what follows it is sent.
        read: reads one that was told of.
        clock: nanoseconds that pass.
    """

    def __init__(
        self,
        tell: Callable[[Unread], None],
        read: Callable[[Unread], None],
        *,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._tell = tell
        self._read = read
        self._clock = clock
        self._untold: deque[Unread] = deque()
        self._unread: deque[Unread] = deque()
        self._bytes = 0
        self._loop = asyncio.get_running_loop()
        self._turn: asyncio.Handle | None = None

    def add(self, unread: Unread) -> None:
        """Keep it for a later turn."""
        self._untold.append(unread)
        self._bytes += unread.received
        if self._turn is None:
            self._turn = self._loop.call_soon(self._go_on)

    def read_all(self) -> None:
        """Tell of what is left and read it, now."""
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None
        while self._untold:
            self._tell_next()
        while self._unread:
            self._read_next()

    def _go_on(self) -> None:
        self._turn = None
        first = self._untold[0] if self._untold else self._unread[0]
        whole = len(first.segments.pieces) == 1
        until_ns = self._clock() + (_WHOLE_STEP_NS if whole else _STEP_NS)
        told = 0
        while self._untold and self._clock() < until_ns:
            self._tell_next()
            told += 1
        least = max(_AT_LEAST, told) if self._bytes > _MANY_BYTES else 1
        while self._unread and (least > 0 or self._clock() < until_ns):
            self._read_next()
            least -= 1
        while self._bytes > _MOST_BYTES:
            if not self._unread:
                self._tell_next()
            self._read_next()
        if self._untold or self._unread:
            self._turn = self._loop.call_soon(self._go_on)

    def _tell_next(self) -> None:
        unread = self._untold.popleft()
        self._unread.append(unread)
        self._tell(unread)

    def _read_next(self) -> None:
        unread = self._unread.popleft()
        self._bytes -= unread.received
        self._read(unread)
