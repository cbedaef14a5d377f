"""How long a report of a million requests with all its intervals takes, and how much memory.

    python -m bench.benchmark_report [REQUESTS]

Exits 1 where a million gaps are not counted in 0.1 s, or the summary takes more than 2 s.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from bench.measured import resident_mib
from modelforge.benchmark.gap_slots import GapSlots
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.stats.histogram import LogHistogram
from tests.unit.benchmark.runs import MS, a_large_table, a_recording, a_table, a_word

_MOST_S = 2.0
_MOST_COUNTING_S = 0.1


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    gaps_ns = np.random.default_rng(1).lognormal(2.3, 0.3, 1_000_000) * MS
    started = time.perf_counter()
    gaps = LogHistogram.of(gaps_ns)
    counted_s = time.perf_counter() - started
    print(f"histogram of 1,000,000 gaps   {counted_s:6.3f} s   (at most 0.1)")
    slots = GapSlots()
    for number, part in enumerate(np.array_split(gaps_ns, 2000)):
        slots.add(LogHistogram.of(part), at_ns=number)
    del gaps_ns
    summarise(a_recording(a_table(), [a_word()], gaps=gaps))
    columns = a_large_table(count)
    print(f"columns of {count:,} requests  {columns.nbytes / 2**20:6.0f} MiB")
    slo = Slo.parse("ttft=500ms,itl=50ms,e2e=2s")
    before = resident_mib()
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here (Linux)
    started = time.perf_counter()
    recording = a_recording(columns, [a_word()], gaps=gaps, gap_slots=slots.build())
    result = summarise(recording, slo=slo)
    took_s = time.perf_counter() - started
    found = result.statistics
    intervals = 0 if found is None else sum(len(m.estimates) for m in found.measures.values())
    intervals += 0 if found is None else len(found.rates) + 1
    print(f"summary, {intervals} intervals         {took_s:6.3f} s   (at most 2)")
    print(f"peak memory above             {_peak_mib() - before:6.0f} MiB")
    return int(counted_s > _MOST_COUNTING_S or took_s > _MOST_S)


def _peak_mib() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(main())
