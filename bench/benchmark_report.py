"""How long a report of a million requests takes, and how much memory above its columns.

python -m bench.benchmark_report [REQUESTS]
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.stats.histogram import LogHistogram
from tests.unit.benchmark.runs import MS, PLAN, a_large_table, a_table, a_word


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    gaps_ns = np.random.default_rng(1).lognormal(2.3, 0.3, 1_000_000) * MS
    started = time.perf_counter()
    gaps = LogHistogram.of(gaps_ns)
    print(f"histogram of 1,000,000 gaps   {time.perf_counter() - started:6.3f} s")
    del gaps_ns
    summarise(a_table(), gaps, [a_word()], PLAN)
    columns = a_large_table(count)
    print(f"columns of {count:,} requests  {columns.nbytes / 2**20:6.0f} MiB")
    slo = Slo.parse("ttft=500ms,itl=50ms,e2e=2s")
    before = _resident_mib()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here (Linux)
    started = time.perf_counter()
    summarise(columns, gaps, [a_word()], PLAN, slo=slo)
    print(f"summary                       {time.perf_counter() - started:6.3f} s")
    print(f"peak memory above             {_peak_mib() - before:6.0f} MiB")


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def _resident_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
