"""How long a benchmark of one request takes, from the process's start to its exit.

    python -m bench.benchmark_startup [RUNS]

Prints the median over RUNS (10) whole processes; the aim is 600 ms on an idle machine. The
simulated server and the worker start within it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.measured import measure


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        records = str(Path(folder) / "records.arrows")
        command = ["modelforge", "benchmark", "sim/fast", "--requests", "1", "--warmup", "0", "-q"]
        command += ["--records", records]
        measure(command)  # the first run reads the disk
        done = [measure(command) for _ in range(runs)]
    if failed := [one.code for one in done if one.code]:
        raise SystemExit(f"{len(failed)} runs failed, with exit code {failed[0]}")
    took = [one.wall_s * 1000 for one in done]
    print(f"one request: median {median(took):.0f} ms   ({min(took):.0f} to {max(took):.0f})")


if __name__ == "__main__":
    main()
