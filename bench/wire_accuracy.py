"""How far what is measured lies from what the target says it sent, and at what cost.

    python -m bench.wire_accuracy --base-url http://127.0.0.1:9101/v1 [--seconds 15]

The target must pace its streams and keep a record: ``--ttft 100 --itl 10 --jitter 0.2``. The client
runs on one core (``--cpu``); give the target another. Streams of few at a time are short, so that
a percentile is one of many.
"""

from __future__ import annotations

import argparse
import os
import sys

from bench.wire_run import has_wrk, run, stats, wrk
from modelforge.benchmark.load import ClosedLoop, Limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 50, 200, 1000])
    parser.add_argument("--cpu", type=int, default=1, help="the core that the client may use")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        os.sched_setaffinity(0, {arguments.cpu})
    for streams in arguments.streams:
        measure(arguments.base_url, streams, arguments.seconds)


def measure(base_url: str, streams: int, seconds: int) -> None:
    tokens = 64 if streams > 10 else 8
    stats(base_url, "reset")
    limits = Limits(duration_s=seconds, warmup_requests=0)
    result = run(base_url, ClosedLoop(concurrency=streams), limits, tokens=tokens).result
    truth = stats(base_url)
    differences = [
        abs((ours or 0.0) - truth[of][name])
        for of, name, ours in (
            ("ttft_ms", "p50", result.ttft_ms.p50),
            ("ttft_ms", "p99", result.ttft_ms.p99),
            ("itl_ms", "mean", result.itl_ms.mean),
            ("itl_ms", "p99", result.itl_ms.p99),
        )
    ]
    told = ", ".join(f"{difference:.3f}" for difference in differences)
    cpu_s = (result.client.cpu_s or 0.0) / max(1, result.successful_requests)
    cost = f"{cpu_s * 1e6:.0f} us CPU a request"
    if has_wrk():
        _, theirs_s = wrk(base_url, connections=streams, seconds=seconds, tokens=tokens)
        cost += f" ({cpu_s / theirs_s:.2f} x wrk)"
    verdict = result.verdict.status
    print(f"{streams:5} streams: TTFT p50, p99, ITL mean, p99 off by {told} ms; {cost}; {verdict}")


if __name__ == "__main__":
    main()
