"""A command as a whole process: how long it took and how much memory it held."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """Wall and CPU seconds, peak resident memory in MiB, exit code and what was printed."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    code: int
    stdout: str


def measure(
    command: Sequence[str],
    *,
    cpu: int | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Measured:
    """Run ``command`` to its end, on one core if ``cpu`` names it."""
    started_s = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        text=True,
    )
    if cpu is not None and sys.platform == "linux":
        os.sched_setaffinity(process.pid, {cpu})
    assert process.stdout is not None
    with process.stdout as output:
        printed = output.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Measured(
        wall_s=time.monotonic() - started_s,
        cpu_s=used.ru_utime + used.ru_stime,
        peak_mib=used.ru_maxrss / 1024,
        code=process.returncode,
        stdout=printed,
    )


def resident_mib(process: str = "self") -> float:
    """The resident memory of a process (Linux), by its number; 0 if it has just ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
