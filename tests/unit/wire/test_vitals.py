"""What a worker reads of the machine."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from modelforge.wire import vitals
from modelforge.wire.vitals import Heartbeat, cpu_s, idle_cores_s, run_delay_s


@pytest.mark.skipif(sys.platform != "linux", reason="these are Linux' own figures")
def test_what_the_kernel_counts() -> None:
    before, waited_s = idle_cores_s(), run_delay_s()
    assert before is not None
    time.sleep(0.05)
    after = idle_cores_s()
    assert after is not None
    assert after[1] == before[1] == len(os.sched_getaffinity(0))
    assert before[0] <= after[0] <= before[0] + 60 * after[1]
    if Path("/proc/self/schedstat").exists():
        later_s = run_delay_s()
        assert waited_s is not None
        assert later_s is not None
        assert 0 <= waited_s <= later_s
    assert cpu_s() > 0


class Loop:
    """Runs what is due when it is told to, and late by as much as it is told."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.due: tuple[int, Callable[[], object]] | None = None

    def call_later(self, delay: float, callback: Callable[[], object]) -> None:
        self.due = self.now_ns + round(delay * 1e9), callback

    def run_next(self, *, late_ms: float = 0.0) -> None:
        assert self.due is not None
        due_ns, callback = self.due
        self.now_ns = due_ns + round(late_ms * 1e6)
        callback()


def test_a_stall_counts_for_all_the_time_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    # 100 ms in every 3 s are 3 % of the time and one beat of 145.
    loop = Loop()
    monkeypatch.setattr(vitals, "monotonic_ns", lambda: loop.now_ns)
    heart = Heartbeat(cast("asyncio.AbstractEventLoop", loop))
    heart.start()
    for _ in range(5):
        loop.run_next(late_ms=90.0)
        for _ in range(145):
            loop.run_next()
    lag_ms = heart.lag_ms()
    assert lag_ms.count == 5 * (145 + 5)
    assert lag_ms.largest == pytest.approx(89.0, rel=0.01)
    assert lag_ms.quantile(0.99) == pytest.approx(69.0, rel=0.01)
    assert heart.lag_ms().count == 0
