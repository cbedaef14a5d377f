"""What a worker asks of the scheduler, read back from the kernel."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import subprocess
import sys

import pytest

from modelforge.wire.time_slice import ask_for_short_slices

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

FORBID = """
import ctypes, os, struct, sys
forbidden = map(int, sys.argv[1].split(","))
refuse = struct.pack("HBBI", 6, 0, 0, 0x50000 | int(sys.argv[2]))
rules = struct.pack("HBBI", 0x20, 0, 0, 0)  # the number of the call
for number in forbidden:
    rules += struct.pack("HBBI", 0x15, 0, 1, number) + refuse
rules += struct.pack("HBBI", 6, 0, 0, 0x7FFF0000)
held = ctypes.create_string_buffer(rules)
program = struct.pack("HxxxxxxP", len(rules) // 8, ctypes.addressof(held))
libc = ctypes.CDLL(None)
assert not libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, program, 0, 0):
    raise SystemExit("this kernel has no seccomp")
from modelforge.wire.time_slice import ask_for_short_slices
print(ask_for_short_slices())
"""
"""Forbids the calls of these numbers, with this error, and then asks."""

NUMBERS = {
    "x86_64": {"sched_getscheduler": 145, "sched_setattr": 314, "sched_getattr": 315},
    "aarch64": {"sched_getscheduler": 120, "sched_setattr": 274, "sched_getattr": 275},
}


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


def asked_in_sandbox(*calls: str, error: int) -> str:
    numbers = ",".join(str(NUMBERS[platform.machine()][call]) for call in calls)
    done = subprocess.run(
        [sys.executable, "-c", FORBID, numbers, str(error)],
        check=False,
        capture_output=True,
        text=True,
    )
    if "no seccomp" in done.stderr:
        pytest.skip("this kernel has no seccomp")
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize("error", [errno.EPERM, errno.ENOSYS])
@pytest.mark.parametrize("call", ["sched_setattr", "sched_getattr"])
def test_a_sandbox_that_does_not_let_it_ask_is_borne(call: str, error: int) -> None:
    assert asked_in_sandbox(call, error=error) == "False"


def test_it_is_asked_for_where_the_policy_is_not_told() -> None:
    # As musl never tells it, and a sandbox may not.
    assert asked_in_sandbox("sched_getscheduler", error=errno.ENOSYS) == "True"


def test_a_process_of_32_bits_is_not_given_the_numbers_of_64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def called(_: None) -> None:
        raise AssertionError("a call was made")

    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    monkeypatch.setattr(ctypes, "CDLL", called)
    assert not ask_for_short_slices()
