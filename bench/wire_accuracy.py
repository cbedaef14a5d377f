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
from statistics import median
from typing import Any

import numpy as np

from bench.wire_run import Ran, has_wrk, run, stats, wrk
from modelforge.benchmark.load import ClosedLoop, Limits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 50, 200, 1000])
    parser.add_argument("--cpu", type=int, default=1, help="the core that the client may use")
    arguments = parser.parse_args()
    if sys.platform == "linux":
        os.sched_setaffinity(0, {arguments.cpu})
    for streams in arguments.streams:
        measure(arguments.base_url, streams, arguments.seconds, arguments.rounds)


def measure(base_url: str, streams: int, seconds: int, rounds: int) -> None:
    """Rounds of the client and of `wrk` in turn; what is printed is the median of each figure."""
    tokens = 64 if streams > 10 else 8
    found: list[list[float]] = []
    ours_s, theirs_s, verdicts = [], [], []
    for _ in range(rounds):
        stats(base_url, "reset")
        limits = Limits(duration_s=seconds, warmup_requests=0)
        ran = run(base_url, ClosedLoop(concurrency=streams), limits, tokens=tokens)
        found.append(differences(ran, stats(base_url)))
        ours_s.append(running_cpu_s(ran))
        verdicts.append(ran.result.verdict.status.value)
        if has_wrk():
            theirs_s.append(wrk(base_url, connections=streams, seconds=seconds, tokens=tokens)[1])
    told = ", ".join(f"{median(column):.3f}" for column in zip(*found, strict=True))
    cost = f"{median(ours_s) * 1e6:.0f} us CPU a request"
    if theirs_s:
        cost += f" ({median(ours_s) / median(theirs_s):.2f} x wrk)"
    print(
        f"{streams:5} streams: TTFT p50, p99, ITL mean, p99 off by {told} ms; {cost};"
        f" {', '.join(verdicts)}"
    )


def differences(ran: Ran, truth: dict[str, Any]) -> list[float]:
    """Milliseconds between what was measured and what was sent.

    The target's quantile is one of its values (``ceil(q * n)``), so the same one of ours is taken:
    between neighbours of a few requests lies more than a client is late.
    """
    sent_ns, first_ns = (ran.table[name].to_numpy() for name in ("sent_ns", "first_ns"))
    p50, p99 = np.quantile((first_ns - sent_ns) / 1e6, (0.5, 0.99), method="inverted_cdf")
    itl = ran.result.itl_ms
    return [
        abs((ours or 0.0) - truth[of][name])
        for of, name, ours in (
            ("ttft_ms", "p50", p50),
            ("ttft_ms", "p99", p99),
            ("itl_ms", "mean", itl.mean),
            ("itl_ms", "p99", itl.p99),
        )
    ]


def running_cpu_s(ran: Ran) -> float:
    """CPU seconds a request of the worker, without its start: since its first batch."""
    first, last = ran.telemetry[0], ran.telemetry[-1]
    done_ns = ran.table["done_ns"].to_numpy()
    assert first.at_ns is not None
    return (last.cpu_s - first.cpu_s) / max(1, int((done_ns > first.at_ns).sum()))


if __name__ == "__main__":
    main()
