"""Whether equal servers are told apart, and a server that is 5 % slower is found.

    python -m bench.stats_aa [--trials 50] [--seed 1]

Each trial measures the simulator over real sockets, as it is and with every latency 5 % longer.
The first is held against the same of the trial before, the second against the first, as
``modelforge runs diff --gate e2e.mean=1%`` does. An alarm is a gate that fails. Each run has as
many requests as `seconds_needed` plans for the 4 % beyond the margin at a power of 95 %. Exits 1
where equal servers alarm in more than 5 of 100 trials, or the slower one in fewer than 90. Beside
it stands how often equal ones are told apart at all, which is 5 in 100 by design and more where
the machine itself differs from run to run.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
import time

import pyarrow as pa

from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import ClosedLoop, Limits
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.recording import read_recording
from modelforge.benchmark.run_diff import Gate, MeasuredRun, RunDiff, diff
from modelforge.benchmark.summary import summarise
from modelforge.core.prompt import Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.profile import Profile
from modelforge.simulator.thread import SimulatorThread
from modelforge.stats.planning import seconds_needed
from modelforge.stats.verdict import Outcome
from modelforge.wire.coordinator import Coordinator
from modelforge.wire.job import Job
from modelforge.wire.target import Target

MEAN_S = 0.100
SPREAD = 0.15
SHIFT = 0.05
POWER = 0.95
CONCURRENCY = 32
GATE = Gate.parse("e2e.mean=1%")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # A request a second, so that the seconds are requests.
    requests = math.ceil(
        seconds_needed(
            (SHIFT - GATE.margin) * MEAN_S, sd=SPREAD * MEAN_S, per_second=1.0, power=POWER
        )
    )
    print(f"{requests} requests a run, {arguments.trials} trials")
    profiles = [profile("equal", 1.0), profile("slower", 1.0 + SHIFT)]
    alarms = found = apart = 0
    started = time.perf_counter()
    with SimulatorThread(profiles[0], models=profiles[1:], seed=arguments.seed) as simulator:
        before = measured(simulator.base_url, "equal", requests=requests, seed=0)
        for trial in range(1, arguments.trials + 1):
            equal, slower = (
                measured(simulator.base_url, model, requests=requests, seed=trial)
                for model in ("equal", "slower")
            )
            again, shifted = held(before, equal), held(equal, slower)
            alarms += again.failed
            apart += again.changes[0].outcome is not Outcome.NOT_DISTINGUISHABLE
            found += shifted.failed
            before = equal
    took = time.perf_counter() - started
    n = arguments.trials
    print(f"equal: gate fails      {alarms} of {n}   (at most 5 %)")
    print(f"equal: told apart      {apart} of {n}   (5 % by design)")
    print(f"5 % slower: gate fails {found} of {n}   (at least 90 %)")
    print(f"took                   {took:.0f} s")
    return int(alarms > 0.05 * n or found < 0.9 * n)


def profile(name: str, factor: float) -> Profile:
    return Profile(
        name=name,
        ttft_s=Distribution(mean=MEAN_S * factor, spread=SPREAD, shape="lognormal"),
        tokens=Distribution(mean=1.0),
    )


def measured(base_url: str, model: str, *, requests: int, seed: int) -> MeasuredRun:
    job = Job(
        worker=0,
        workers=1,
        target=Target(model=model, base_url=base_url, codec=OpenAIChat(), headers={}),
        load=ClosedLoop(concurrency=CONCURRENCY),
        limits=Limits(requests=requests, warmup_requests=CONCURRENCY),
        workload=FixedPrompts(prompts=(Prompt.of("Hello"),), max_tokens=1, seed=seed),
        seed=seed,
        timeout_s=30.0,
        most_connections=CONCURRENCY,
    )
    recording = io.BytesIO()
    Coordinator([job], plan=Plan(model=f"sim/{model}").to_json(), file=recording).run()
    recording.seek(0)
    with pa.ipc.open_stream(recording) as stream:
        result = summarise(
            read_recording(stream.schema, stream.iter_batches_with_custom_metadata())
        )
    return MeasuredRun.of(model, result, (GATE.figure,), level=0.95)


def held(baseline: MeasuredRun, candidate: MeasuredRun) -> RunDiff:
    return diff(baseline, candidate, figures=(GATE.figure,), gates=(GATE,))


if __name__ == "__main__":
    sys.exit(main())
