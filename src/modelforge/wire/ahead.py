"""Requests composed before they are due."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from modelforge.benchmark.workload import Ask

_MOST: Final = 64
_MOST_BYTES: Final = 16 * 2**20
"""Well below what is kept of written requests: what was composed must not be dropped again."""

Compose = Callable[[int], tuple[Ask, int]]
"""Makes the request of a number, and says how many bytes are kept of it."""


class Ahead:
    """The arrivals of an open loop, with their requests composed while there is time.

    A burst of long prompts is late by the time it takes to compose them, unless that was done in
    the pause before it. Iterating gives the arrivals as they were; `ask` is called for each, in
    their order.

    Args:
        arrivals: their numbers, and seconds from the start.
        compose: makes them.
    """

    def __init__(self, arrivals: Iterator[tuple[int, float]], compose: Compose) -> None:
        self._arrivals = arrivals
        self._compose = compose
        self._seen: deque[tuple[int, float]] = deque()
        self._unwritten: deque[int] = deque()
        self._asks: dict[int, tuple[Ask, int]] = {}
        self._bytes = 0

    def __iter__(self) -> Ahead:
        """Itself."""
        return self

    def __next__(self) -> tuple[int, float]:
        """The next arrival."""
        if self._seen:
            return self._seen.popleft()
        arrival = next(self._arrivals)
        self._unwritten.append(arrival[0])
        return arrival

    def ask(self, index: int) -> Ask:
        """The request of the arrival that is due; composed now if there was no time before."""
        composed = self._asks.pop(index, None)
        if composed is None:
            self._unwritten.popleft()
            return self._compose(index)[0]
        ask, size = composed
        self._bytes -= size
        return ask

    def compose_one(self) -> bool:
        """Compose one more; False: there is enough, or nothing left."""
        if self._bytes >= _MOST_BYTES:
            return False
        if self._unwritten:
            index = self._unwritten.popleft()
        elif len(self._asks) < _MOST and (arrival := next(self._arrivals, None)) is not None:
            self._seen.append(arrival)
            index = arrival[0]
        else:
            return False
        composed = self._asks[index] = self._compose(index)
        self._bytes += composed[1]
        return True
