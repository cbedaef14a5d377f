"""What a worker reads of the machine."""

from __future__ import annotations

import os
import sys
import time

import pytest

from modelforge.wire.vitals import cpu_s, idle_cores_s, run_delay_s


@pytest.mark.skipif(sys.platform != "linux", reason="these are Linux' own figures")
def test_what_the_kernel_counts() -> None:
    before = idle_cores_s()
    assert before is not None
    time.sleep(0.05)
    after = idle_cores_s()
    assert after is not None
    assert after[1] == before[1] == len(os.sched_getaffinity(0))
    assert before[0] <= after[0] <= before[0] + 60 * after[1]
    assert (run_delay_s() or 0.0) >= 0
    assert cpu_s() > 0
