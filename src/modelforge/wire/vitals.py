"""What a worker knows of its own state: the evidence that it was not the limit."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path
from time import monotonic_ns, process_time
from typing import Final

from modelforge.stats.histogram import LogHistogram

_BEAT_NS: Final = 20_000_000
_RESOLUTION_NS: Final = 1_000_000  # of the loop's timers: a beat may be so late without any cause
_SCHEDSTAT: Final = Path("/proc/self/schedstat")
_STAT: Final = Path("/proc/stat")
_IDLE, _IO_WAIT = 4, 5  # in a line of /proc/stat, which begins with the name of its core


class Heartbeat:
    """Measures how late the event loop runs what is due.

    A beat that is late by more than a beat stands for those that it held up, each as late as it
    would have been (the correction of HdrHistogram): shares of the beats are shares of the time.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._late_ms: list[float] = []
        self._due_ns = 0
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to beat."""
        self._due_ns = monotonic_ns() + _BEAT_NS
        self._handle = self._loop.call_later(_BEAT_NS / 1e9, self._beat)

    def stop(self) -> None:
        """Beat no more."""
        if self._handle is not None:
            self._handle.cancel()

    def lag_ms(self) -> LogHistogram:
        """How late the beats since the last call were."""
        late_ms, self._late_ms = LogHistogram.of(self._late_ms), []
        return late_ms

    def _beat(self) -> None:
        late_ns = max(0, monotonic_ns() - self._due_ns - _RESOLUTION_NS)
        self._late_ms += [late / 1e6 for late in range(late_ns, 0, -_BEAT_NS)] or [0.0]
        self.start()


def cpu_s() -> float:
    """CPU seconds that this process has used, user and system."""
    return process_time()


def peak_rss_bytes() -> int:
    """The largest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_delay_s() -> float | None:
    """Seconds in which this process could have run but waited for a CPU; None: not known here."""
    try:
        return int(_SCHEDSTAT.read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return None


def idle_cores_s() -> tuple[float, int] | None:
    """Seconds in which a core this process may use was idle, over all of them, and their number.

    None where that is not known here. It takes a millisecond where there are many cores.
    """
    try:
        names = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        lines = [line.split() for line in _STAT.read_text().splitlines() if line[:3] == "cpu"]
        ticks = sum(int(line[_IDLE]) + int(line[_IO_WAIT]) for line in lines if line[0] in names)
        return ticks / os.sysconf("SC_CLK_TCK"), len(names)
    except (AttributeError, OSError, IndexError, ValueError):
        return None
