"""Calls at the moments of a schedule."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from time import monotonic_ns
from typing import Final

from modelforge.wire.alarm import new_alarm

_IDLE_NS: Final = 4_000_000
_CALLS_A_TURN: Final = 32  # then the loop reads before the next ones

Fire = Callable[[int, int], None]
"""Takes the number of an arrival and the moment it was due, in monotonic nanoseconds."""


class Pacer:
    """Calls ``fire`` for every arrival when it is due, never early, however late.

    Args:
        arrivals: their numbers, and seconds from the start, not decreasing.
        start_ns: the start.
        ended: called once, after the last arrival.
        idle: called in pauses of some milliseconds, once a turn of the loop, until it returns
            False: what can be done before it is needed.
    """

    def __init__(
        self,
        arrivals: Iterator[tuple[int, float]],
        *,
        start_ns: int,
        fire: Fire,
        ended: Callable[[], None],
        idle: Callable[[], bool] = lambda: False,
    ) -> None:
        self._arrivals = arrivals
        self._start_ns = start_ns
        self._fire = fire
        self._ended = ended
        self._idle = idle
        self._idling: asyncio.Handle | None = None
        self._loop = asyncio.get_running_loop()
        self._alarm = new_alarm(self._loop, self._run)
        self._next: tuple[int, int] | None = None
        self._advance()

    def start(self) -> None:
        """Begin to wait."""
        self._run()

    def catch_up(self) -> None:
        """Call what is due by now, the first of it where it is much, before the alarm rings."""
        if self._next is not None:
            self._run()

    def stop(self, until_ns: int) -> int:
        """Call no more; how many were due before ``until_ns`` and were not called."""
        self._alarm.close()
        left = 0
        while self._next is not None and self._next[1] < until_ns:
            left += 1
            self._advance()
        self._next = None
        return left

    def _advance(self) -> None:
        found = next(self._arrivals, None)
        self._next = found and (found[0], self._start_ns + int(found[1] * 1e9))

    def _run(self) -> None:
        for _ in range(_CALLS_A_TURN):
            following = self._next
            if following is None:
                self._alarm.close()
                self._ended()
                return
            index, due_ns = following
            left_ns = due_ns - monotonic_ns()
            if left_ns > 0:
                self._alarm.set(due_ns)
                if left_ns > _IDLE_NS and self._idling is None:
                    self._idling = self._loop.call_soon(self._use_pause)
                return
            self._advance()
            self._fire(index, due_ns)
        self._alarm.set(0)

    def _use_pause(self) -> None:
        self._idling = None
        following = self._next
        if following is not None and following[1] - monotonic_ns() > _IDLE_NS and self._idle():
            self._idling = self._loop.call_soon(self._use_pause)
