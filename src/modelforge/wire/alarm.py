"""A wake-up call for the event loop that is exact to some tens of microseconds."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from time import monotonic_ns
from typing import Final, Protocol

_SPIN_NS: Final = 2_000_000
_LEAD_NS: Final = 120_000
"""How long before its moment a timer of the kernel rings: about what it takes to be woken."""
_SECOND_NS: Final = 1_000_000_000


class Alarm(Protocol):
    """Calls back once for each time that it is set; the latest setting counts."""

    def set(self, at_ns: int) -> None:
        """Call at ``at_ns`` on the monotonic clock, or at once if that has passed."""
        ...

    def close(self) -> None:
        """Never call again."""
        ...


def new_alarm(loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
    """The best alarm there is here; the loop's own timers are as coarse as a millisecond."""
    return TimerFdAlarm(loop, ring) if sys.platform == "linux" else SpinningAlarm(loop, ring)


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class TimerFdAlarm:
    """A timer of the kernel that the loop polls like a socket (timerfd_create(2)).

    To be woken takes the kernel some tens of microseconds, now more and now fewer: it rings
    earlier by that, and the rest is waited in turns of the loop, in which segments are stamped.
    """

    _CLOCK: Final = 1  # CLOCK_MONOTONIC
    _ABSOLUTE: Final = 1  # TFD_TIMER_ABSTIME

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.timerfd_create(self._CLOCK, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "no timer can be had from the kernel")
        self._spec = _TimerSpec()
        self._pointer = ctypes.byref(self._spec)
        self._at_ns = 0
        self._turn: asyncio.Handle | None = None
        loop.add_reader(self._fd, self._wake)

    def set(self, at_ns: int) -> None:
        """See `Alarm`."""
        self._stop_turning()
        self._at_ns = at_ns
        value = self._spec.value
        value.seconds, value.nanoseconds = divmod(max(at_ns - _LEAD_NS, 1), _SECOND_NS)  # 0 disarms
        self._libc.timerfd_settime(self._fd, self._ABSOLUTE, self._pointer, None)

    def close(self) -> None:
        """See `Alarm`."""
        self._stop_turning()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _wake(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            return  # it was set anew after it had rung
        self._wait()

    def _wait(self) -> None:
        self._turn = None
        if monotonic_ns() < self._at_ns:
            self._turn = self._loop.call_soon(self._wait)
        else:
            self._ring()

    def _stop_turning(self) -> None:
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None


class SpinningAlarm:
    """The loop's own timer to within two milliseconds, then one turn of the loop after another."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._at_ns = 0
        self._handle: asyncio.Handle | None = None

    def set(self, at_ns: int) -> None:
        """See `Alarm`."""
        self.close()
        self._at_ns = at_ns
        self._wait()

    def close(self) -> None:
        """See `Alarm`."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _wait(self) -> None:
        left_ns = self._at_ns - monotonic_ns()
        if left_ns <= 0:
            self._handle = self._loop.call_soon(self._ring)
        elif left_ns <= _SPIN_NS:
            self._handle = self._loop.call_soon(self._wait)
        else:
            self._handle = self._loop.call_later((left_ns - _SPIN_NS) / _SECOND_NS, self._wait)
