"""Calls at the moments of a schedule, and the use of the pauses between them."""

from __future__ import annotations

import asyncio
from time import monotonic_ns

from modelforge.wire.pacer import Pacer


class Schedule:
    """A pacer over ``moments_s`` from now on, and what it called."""

    def __init__(self, *moments_s: float, work: int = 0) -> None:
        self.fired: list[int] = []
        self.work = work
        self.worked = asyncio.Event()
        self.late: list[bool] = []
        self.over = asyncio.Event()
        self.pacer = Pacer(
            iter(enumerate(moments_s)),
            start_ns=monotonic_ns(),
            fire=self._fire,
            ended=self.over.set,
            idle=self._idle,
        )

    def _idle(self) -> bool:
        if not self.work:
            self.worked.set()
            return False
        self.work -= 1
        return True

    def _fire(self, index: int, due_ns: int) -> None:
        self.fired.append(index)
        self.late.append(monotonic_ns() >= due_ns)


async def test_every_arrival_is_called_in_order_and_never_early() -> None:
    schedule = Schedule(0.0, 0.0, 0.003, 0.02)
    schedule.pacer.start()
    async with asyncio.timeout(30):
        await schedule.over.wait()
    assert schedule.fired == [0, 1, 2, 3]
    assert all(schedule.late)


async def test_a_long_pause_is_used_until_there_is_nothing_left_to_do() -> None:
    schedule = Schedule(0.0, 3600.0, work=3)
    schedule.pacer.start()
    async with asyncio.timeout(30):
        await schedule.worked.wait()
    assert schedule.work == 0
    assert schedule.fired == [0]
    assert schedule.pacer.stop(monotonic_ns()) == 0


async def test_a_short_pause_is_not_used() -> None:
    schedule = Schedule(*(0.001 * place for place in range(20)), work=3)
    schedule.pacer.start()
    async with asyncio.timeout(30):
        await schedule.over.wait()
    assert schedule.work == 3
    assert not schedule.worked.is_set()


async def test_what_was_due_and_not_called_is_counted_when_it_stops() -> None:
    schedule = Schedule(*(0.0 for _ in range(100)), 3600.0)
    schedule.pacer.catch_up()
    assert len(schedule.fired) == 32  # a turn's worth
    assert schedule.pacer.stop(monotonic_ns()) == 68
    assert schedule.pacer.stop(monotonic_ns()) == 0
    schedule.pacer.catch_up()
    assert len(schedule.fired) == 32


async def test_a_schedule_that_is_caught_up_with_is_over() -> None:
    schedule = Schedule(0.0, 0.0)
    schedule.pacer.catch_up()
    assert schedule.fired == [0, 1]
    assert schedule.over.is_set()
    assert schedule.pacer.stop(monotonic_ns()) == 0
