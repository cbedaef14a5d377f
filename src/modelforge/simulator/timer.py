"""Many moments, one timer of the event loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Final

from modelforge.core.ports import Clock
from modelforge.simulator.crash import log_crash

_CALLS_A_TURN: Final = 32  # then the loop reads and flushes before the next ones


class Timer:
    """Calls back at moments on ``clock``, never early, in their order.

    A call that fails is reported in one line and takes no other with it.

    The event loop's own timers are as coarse as a millisecond. With ``spin_s`` the loop is kept
    awake that long before the next moment: exact to some tens of microseconds, for some CPU.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        clock: Clock = time.monotonic,
        spin_s: float = 0.0,
    ) -> None:
        self.clock = clock
        self._loop = loop
        self._spin_s = spin_s
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._handle: asyncio.Handle | None = None
        self._armed_s = 0.0

    def at(self, when_s: float, call: Callable[[], None]) -> None:
        """Call ``call`` at ``when_s``; moments that are equal keep their order."""
        heappush(self._heap, (when_s, next(self._order), call))
        if self._handle is None or when_s < self._armed_s:
            self._arm()

    def close(self) -> None:
        """Forget every moment."""
        self._heap.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._armed_s = self._heap[0][0]
        delay_s = self._armed_s - self.clock()
        if delay_s <= self._spin_s:
            self._handle = self._loop.call_soon(self._run)
        else:
            self._handle = self._loop.call_later(delay_s - self._spin_s, self._run)

    def _run(self) -> None:
        heap, clock = self._heap, self.clock
        self._armed_s = 0.0  # what the calls add need not arm: it is done below
        for _ in range(_CALLS_A_TURN):
            if not heap or heap[0][0] > clock():
                break
            try:
                heappop(heap)[2]()
            except Exception as error:  # noqa: BLE001 (see the class)
                log_crash("at a moment", error)
        self._handle = None
        if heap:
            self._arm()
