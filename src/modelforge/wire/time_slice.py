"""Short turns on the CPU, asked of the scheduler."""

from __future__ import annotations

import ctypes
import os
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
"""Of sched_setattr(2), for which most C libraries have no function; sched_getattr(2) is the next.
They are those of 64-bit processes: a 32-bit one has others, and is told of the same machine."""


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
        somebody gave a policy of its own, or that a sandbox does not let ask.
    """
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return False
    number = _CALL_NUMBERS.get(os.uname().machine)
    if number is None:
        return False
    call = ctypes.CDLL(None).syscall
    attributes, size = _Attributes(), ctypes.sizeof(_Attributes)
    # By the kernel's own call: musl's sched_getscheduler() refuses to answer.
    if call(number + 1, 0, ctypes.byref(attributes), size, 0):
        return False
    if attributes.policy != os.SCHED_OTHER:
        return False
    attributes.runtime = _SLICE_NS  # the rest, as the niceness, stays what it was
    return not call(number, 0, ctypes.byref(attributes), 0)
