"""The memory of a million requests over all processes, and how long their report takes.

    python -m bench.wire_million --base-url http://127.0.0.1:9100/v1 [--requests 1000000]

A tenth of them is run first, in a process of its own: the difference is what the others cost. The
aim is 300 MB (286 MiB) at most, no growth after the first tenth, and a report within 5 s.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

from bench.wire_run import run
from modelforge.benchmark.load import ClosedLoop, Limits


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
    ran = run(arguments.base_url, ClosedLoop(concurrency=64), limits, tokens=arguments.tokens)
    parent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{ran.result.successful_requests:8} requests in {ran.wall_s:.1f} s: peak "
        f"{parent + worker:.1f} MiB ({worker:.1f} of them the worker, "
        f"{ran.run_peak_mib:.1f} this process before its report), report in "
        f"{ran.report_s:.2f} s, failed: {dict(ran.result.errors) or 0}"
    )


if __name__ == "__main__":
    main()
