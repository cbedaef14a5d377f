"""The most requests a second that one worker makes and accounts for, beside `wrk -t1`.

    python -m bench.wire_ceiling --base-url http://127.0.0.1:9100/v1 [--rounds 5] [--seconds 5]

The target must send whole streams at once. The client runs on one core (``--cpu``), in rounds that
alternate with `wrk`, so that what else the machine does meets both.
"""

from __future__ import annotations

import argparse
import os
import sys
from statistics import median

from bench.wire_run import has_wrk, run, wrk
from modelforge.benchmark.load import ClosedLoop, Limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--cpu", type=int, default=1, help="the core that the client may use")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        os.sched_setaffinity(0, {arguments.cpu})
    rates: dict[str, list[float]] = {"full": [], "usage only": [], "wrk": []}
    for _ in range(arguments.rounds):
        for name, count_events in (("full", True), ("usage only", False)):
            ran = run(
                arguments.base_url,
                ClosedLoop(concurrency=64),
                Limits(duration_s=arguments.seconds),
                count_events=count_events,
            )
            assert not ran.result.failed_requests, ran.result.errors
            rates[name].append(ran.result.requests_per_s or 0.0)
        if has_wrk():
            url, seconds = arguments.base_url, arguments.seconds
            rates["wrk"].append(wrk(url, connections=64, seconds=seconds, tokens=128)[0])
    for name, found in rates.items():
        if found:
            beside = f", {median(found) / median(rates['wrk']):.2f} x wrk" if rates["wrk"] else ""
            print(f"{name:10} {median(found):8.0f} requests/s of 128 tokens{beside}")


if __name__ == "__main__":
    main()
