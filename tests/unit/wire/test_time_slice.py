"""What a worker asks of the scheduler, read back from the kernel."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="other systems have no slices to be asked for",
)

ASK = """
import ctypes, os, sys
from modelforge.wire.time_slice import ask_for_short_slices
asked = ask_for_short_slices()
found = (ctypes.c_uint32 * 12)()
number = {"x86_64": 315, "aarch64": 275}[os.uname().machine]
assert not ctypes.CDLL(None).syscall(number, 0, ctypes.byref(found), 48, 0)
low, high = found[6:8]
print(asked, found[1], ctypes.c_int32(found[4]).value, low + (high << 32))
"""


def asked(*command: str) -> tuple[bool, int, int, int]:
    """Whether it was asked for, and then policy, niceness and slice (ns) of a new process."""
    done = subprocess.run(
        [*command, sys.executable, "-c", ASK], check=True, capture_output=True, text=True
    )
    said, *numbers = done.stdout.split()
    policy, nice, slice_ns = map(int, numbers)
    return said == "True", policy, nice, slice_ns


def kernel() -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))


def test_the_shortest_slice_is_asked_for_and_the_niceness_kept() -> None:
    said, policy, nice, slice_ns = asked("nice", "-n", "3")
    assert said
    assert (policy, nice) == (os.SCHED_OTHER, os.nice(0) + 3)
    if kernel() >= (6, 12):
        assert slice_ns == 100_000


def test_a_policy_that_somebody_chose_is_left_alone() -> None:
    said, policy, *_ = asked("chrt", "--batch", "0")
    assert not said
    assert policy == os.SCHED_BATCH
