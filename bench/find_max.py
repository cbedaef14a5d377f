"""Search the highest rate that the running simulator holds, and compare it with the truth.

    python -m bench.find_max [--arrival constant|poisson] [--seconds 10] [--seed 0]

The truth is the rate at which exactly the objective's share of all requests is within its limit in
the steady state of the simulator's queue. With constant arrivals that is the knee, in closed form;
with Poisson arrivals, which come in crowds, it is less: it is found by bisection, with 300,000
requests through the same queue in virtual time (good to about 0.7 %). Without ``--arrival`` both
are searched, without ``--seconds`` the search chooses how long its probes last.

Ends with 1 where a found edge is more than 5 % from the truth, or the interval does not hold it.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path
from typing import Any, Final

from modelforge.benchmark.arrivals import Poisson
from modelforge.benchmark.objective import Objective
from modelforge.simulator.batch_engine import BatchEngine
from modelforge.simulator.batch_queue import BatchQueue, capacity

PROMPT, OUTPUT = 100, 20
OBJECTIVE: Final = Objective.parse("ttft=250ms@p99")
QUEUE = BatchQueue(slots=8, prefill_tokens_per_s=10_000)
COMMAND = str(Path(sys.executable).parent / "modelforge")
REQUESTS: Final = 300_000


def missing(rate: float, prompt_tokens: int) -> float:
    """Which share of a long run of Poisson arrivals has its first token too late."""
    limit_s = next(ms for _, ms in OBJECTIVE.slo.limits_ms()) / 1000
    engine: BatchEngine[int] = BatchEngine(QUEUE)
    due_s: dict[int, float] = {}
    seen = late = 0

    def advance(until_s: float) -> None:
        nonlocal seen, late
        for token in engine.advance(until_s):
            due = due_s.pop(token.key, None)
            if due is not None:
                seen += 1
                late += token.at_s - due > limit_s

    for key, at_s in enumerate(islice(Poisson(rate=rate).due_s(7), REQUESTS)):
        advance(at_s)
        engine.submit(key, at_s=at_s, prompt_tokens=prompt_tokens, output_tokens=OUTPUT)
        due_s[key] = at_s
    advance(math.inf)
    return late / seen


def edge(arrival: str, prompt_tokens: int) -> float:
    """The highest rate that holds the objective in the steady state."""
    knee = capacity(QUEUE, prompt_tokens=prompt_tokens, output_tokens=OUTPUT).requests_per_s
    if arrival == "constant":
        return knee
    low, high = knee / 2, knee
    while high / low > 1.002:
        middle = math.sqrt(low * high)
        if missing(middle, prompt_tokens) > 1 - OBJECTIVE.share:
            high = middle
        else:
            low = middle
    return math.sqrt(low * high)


def search(base_url: str, arrival: str, seconds: float | None, seed: int) -> dict[str, Any]:
    """What the installed command finds."""
    length = [] if seconds is None else ["--duration", f"{seconds}s"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "found.json"
        subprocess.run(
            [
                *(COMMAND, "benchmark", "target/batch", "--find-max", "--rate", "8"),
                *("--arrival", arrival, "--slo", OBJECTIVE.description, "--seed", str(seed)),
                *("--synthetic", f"{PROMPT}:{OUTPUT}", *length, "-o", str(report)),
                *("--set", f"providers.target.base_url={base_url}"),
            ],
            check=True,
        )
        found: dict[str, Any] = json.loads(report.read_text())
    return found


def compare(base_url: str, arrival: str, seconds: float | None, seed: int) -> bool:
    """Whether what is found is as it should be."""
    found = search(base_url, arrival, seconds, seed)
    tokens, requests = (found["probes"][0]["result"][name] for name in ("tokens", "requests"))
    truth = edge(arrival, round(tokens["prompt"] / requests["successful"]))
    how = "the knee in closed form" if arrival == "constant" else "a long run in virtual time"
    if found["estimate"] is None:
        print(f"{arrival} arrivals: nothing found; the truth by {how}: {truth:.2f} requests/s")
        return False
    off = found["estimate"] / truth - 1
    held = bool(found["interval"]["low"] <= truth <= found["interval"]["high"])
    print(
        f"{arrival} arrivals: the truth by {how} is {truth:.2f} requests/s; found {off:+.1%} from"
        f" it, in an interval that {'holds' if held else 'does not hold'} it",
        flush=True,
    )
    return held and bool(abs(off) <= 0.05)


def main() -> int:
    """Search and compare."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--arrival", choices=("constant", "poisson"), action="append")
    parser.add_argument("--seconds", type=float, help="of each probe")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    options = ["--profile", "batch", "--slots", "8", "--prefill", "10000"]
    server = subprocess.Popen(
        [COMMAND, "sim", "serve", "--port", "0", "--quiet", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        base_url = server.stdout.readline().strip()
        right = [
            compare(base_url, arrival, asked.seconds, asked.seed)
            for arrival in asked.arrival or ("constant", "poisson")
        ]
    finally:
        server.terminate()
        server.wait()
    return int(not all(right))


if __name__ == "__main__":
    sys.exit(main())
