"""Short turns on the CPU, asked of the scheduler."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Final

_SLICE_NS: Final = 100_000  # the shortest that there is
_CALL_NUMBERS: Final = {
    "x86_64": 314,
    "aarch64": 274,
    "riscv64": 274,
    "ppc64le": 355,
    "s390x": 345,
}
"""Of sched_setattr(2), for which most C libraries have no function."""


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("flags", ctypes.c_uint64),
        ("nice", ctypes.c_int32),
        ("priority", ctypes.c_uint32),
        ("runtime", ctypes.c_uint64),
        ("deadline", ctypes.c_uint64),
        ("period", ctypes.c_uint64),
    )


def ask_for_short_slices() -> bool:
    """Ask to run for a tenth of a millisecond at a time, and in return to be let through at once.

    Of Linux 6.12 and later, whose scheduler lets the task run whose slice, which it may ask for,
    would end first (I. Stoica and H. Abdel-Wahab, *Earliest eligible virtual deadline first*,
    1995): what the kernel has to do on this core no longer comes before what is due. The share of
    the CPU stays what it was, and no privilege is needed. It holds for this thread and for those
    that it starts.

    Returns:
        Whether it was asked for. Other systems are left as they are, and so is a process that
        somebody gave a policy of its own.
    """
    number = _CALL_NUMBERS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None or os.sched_getscheduler(0) != os.SCHED_OTHER:
        return False
    attributes = _Attributes(
        size=ctypes.sizeof(_Attributes),
        policy=os.SCHED_OTHER,
        nice=os.getpriority(os.PRIO_PROCESS, 0),
        runtime=_SLICE_NS,
    )
    return not ctypes.CDLL(None).syscall(number, 0, ctypes.byref(attributes), 0)
