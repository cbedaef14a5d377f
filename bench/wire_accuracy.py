"""How far what is measured lies from what the target says it sent, and at what cost.

    python -m bench.wire_accuracy --base-url http://127.0.0.1:9101/v1 [--seconds 15]

The target must pace its streams and keep a record: ``--ttft 100 --itl 10 --jitter 0.2``. The client
runs on one core (``--cpu``); give the target another. Streams of few at a time are short, so that
a percentile is one of many. Beside it, on the same core, runs a client in C that only reads and
stamps (``floor.c``): what that is off by is the machine's and the target's.
"""

from __future__ import annotations

import argparse
import os
import sys
from statistics import median
from typing import Any

import numpy as np

from bench.floor import Floor, floor
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
    with floor() as bare:
        for streams in arguments.streams:
            measure(arguments.base_url, streams, arguments.seconds, arguments.rounds, bare)


def measure(base_url: str, streams: int, seconds: int, rounds: int, bare: Floor | None) -> None:
    """Rounds of the clients and of `wrk` in turn; what is printed is the median of each figure."""
    tokens = 64 if streams > 10 else 8
    found: list[list[float]] = []
    barely: list[list[float]] = []
    ours_s, theirs_s, verdicts = [], [], []
    for _ in range(rounds):
        stats(base_url, "reset")
        limits = Limits(duration_s=seconds, warmup_requests=0)
        ran = run(base_url, ClosedLoop(concurrency=streams), limits, tokens=tokens)
        found.append(differences(measured(ran), stats(base_url)))
        ours_s.append(running_cpu_s(ran))
        verdicts.append(ran.result.verdict.status.value)
        if bare is not None:
            stats(base_url, "reset")
            seen = bare.client(base_url, streams=streams, seconds=seconds, tokens=tokens)
            barely.append(differences(seen, stats(base_url)))
        if has_wrk():
            theirs_s.append(wrk(base_url, connections=streams, seconds=seconds, tokens=tokens)[1])
    cost = f"{median(ours_s) * 1e6:.0f} us CPU a request"
    if theirs_s:
        cost += f" ({median(ours_s) / median(theirs_s):.2f} x wrk)"
    print(
        f"{streams:5} streams: TTFT p50, p99, ITL mean, p99 off by {medians(found)} ms; {cost};"
        f" {', '.join(verdicts)}"
    )
    if barely:
        print(f"{'':5} a client in C that only reads and stamps: off by {medians(barely)} ms")


def measured(ran: Ran) -> dict[str, Any]:
    """What the run says, as the target says it.

    The target's quantile is one of its values (``ceil(q * n)``), so the same one of ours is taken:
    between neighbours of a few requests lies more than a client is late.
    """
    sent_ns, first_ns = (ran.table[name].to_numpy() for name in ("sent_ns", "first_ns"))
    p50, p99 = np.quantile((first_ns - sent_ns) / 1e6, (0.5, 0.99), method="inverted_cdf")
    itl = ran.result.itl_ms
    return {"ttft_ms": {"p50": p50, "p99": p99}, "itl_ms": {"mean": itl.mean, "p99": itl.p99}}


def differences(seen: dict[str, Any], truth: dict[str, Any]) -> list[float]:
    """Milliseconds between what was measured and what was sent."""
    names = (("ttft_ms", "p50"), ("ttft_ms", "p99"), ("itl_ms", "mean"), ("itl_ms", "p99"))
    return [abs((seen[of][name] or 0.0) - truth[of][name]) for of, name in names]


def medians(rounds: list[list[float]]) -> str:
    """Of each figure."""
    return ", ".join(f"{median(column):.3f}" for column in zip(*rounds, strict=True))


def running_cpu_s(ran: Ran) -> float:
    """CPU seconds a request of the worker, without its start: since its first batch."""
    first, last = ran.telemetry[0], ran.telemetry[-1]
    done_ns = ran.table["done_ns"].to_numpy()
    assert first.at_ns is not None
    return (last.cpu_s - first.cpu_s) / max(1, int((done_ns > first.at_ns).sum()))


if __name__ == "__main__":
    main()
