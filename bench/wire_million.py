"""The memory of a million requests over all processes, and how long their report takes.

    python -m bench.wire_million --base-url http://127.0.0.1:9100/v1 [--requests 1000000]

A tenth of them is run first, in a process of its own: so short a run does not use all that a longer
one does. What a run holds (resident memory) is shown as it goes on, for each tenth of it. The aim
is 300 MB (286 MiB) at most, no growth after the first tenth, and a report within 5 s.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.measured import resident_mib
from bench.wire_run import run
from modelforge.benchmark.load import ClosedLoop, Limits

if TYPE_CHECKING:
    import pyarrow as pa

_TENTHS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--tokens", type=int, default=8)
    parser.add_argument("--once", action="store_true", help="that many, and no tenth before")
    arguments = parser.parse_args()
    if not arguments.once:
        for requests in (arguments.requests // 10, arguments.requests):
            again = [sys.executable, "-m", "bench.wire_million", "--once"]
            again += ["--base-url", arguments.base_url, "--requests", str(requests)]
            subprocess.run([*again, "--tokens", str(arguments.tokens)], check=True)
        return
    limits = Limits(requests=arguments.requests)
    held = Held(arguments.requests)
    load = ClosedLoop(concurrency=64)
    ran = run(arguments.base_url, load, limits, tokens=arguments.tokens, on_batch=held.take)
    parent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{ran.result.successful_requests:8} requests in {ran.wall_s:.1f} s: peak "
        f"{parent + worker:.1f} MiB ({worker:.1f} of them the worker, "
        f"{ran.run_peak_mib:.1f} this process before its report), report in "
        f"{ran.report_s:.2f} s, failed: {dict(ran.result.errors) or 0}"
    )
    print(f"{'':8} held by both in each tenth of them: {held}")


class Held:
    """What this process and its workers hold in memory while so many ``requests`` are made."""

    def __init__(self, requests: int) -> None:
        self._requests = requests
        self._done = 0
        self._mib: list[list[float]] = [[] for _ in range(_TENTHS)]

    def take(self, batch: pa.RecordBatch, _telemetry: bytes) -> None:
        """Look at the memory now that ``batch`` came."""
        self._done += batch.num_rows
        if self._done and sys.platform == "linux":
            tenth = min((self._done - 1) * _TENTHS // self._requests, _TENTHS - 1)
            self._mib[tenth].append(sum(map(resident_mib, ["self", *workers()])))

    def __str__(self) -> str:
        return " ".join(f"{median(seen):.1f}" if seen else "-" for seen in self._mib) + " MiB"


def workers() -> list[str]:
    """The processes that this one started and that still run."""
    of_threads = Path("/proc/self/task").glob("*/children")
    return [process for file in of_threads for process in file.read_text().split()]


if __name__ == "__main__":
    main()
