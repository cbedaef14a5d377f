"""Search the knee of the running simulator's queue, and compare it with the closed form.

    python bench/find_max.py [--seconds 10]

Ends with 1 where the found edge is more than 5 % from the knee, or the interval does not hold it.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from modelforge.benchmark.axis import rates
from modelforge.benchmark.find_max import SearchBounds, find_max
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import Limits, Load
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.recording import read_recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.summary import summarise_recording
from modelforge.core.prompt import Message, Prompt
from modelforge.export.search_record import max_load_lines, probe_line
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.simulator.batch_queue import BatchQueue, capacity
from modelforge.wire.coordinator import Coordinator
from modelforge.wire.job import Job
from modelforge.wire.target import Target

TOKENS = 20
QUEUE = BatchQueue(slots=8, prefill_tokens_per_s=10_000)
COMMAND = str(Path(sys.executable).parent / "modelforge")


def run(base_url: str, load: Load, objective: Objective, seconds: float) -> BenchmarkResult:
    """One probe; it begins with an empty queue, since the one before it waited for all answers."""
    job = Job(
        worker=0,
        workers=1,
        target=Target(model="batch", base_url=base_url, codec=OpenAIChat(), headers={}),
        load=load,
        limits=Limits(duration_s=seconds, warmup_requests=2),
        workload=FixedPrompts(
            prompts=(Prompt(messages=(Message(role="user", content="word " * 100),)),),
            max_tokens=TOKENS,
        ),
        seed=1,
        timeout_s=120.0,
        most_connections=2000,
    )
    recording = io.BytesIO()
    plan = Plan(model="sim/batch", open_loop=True)
    Coordinator([job], plan=plan.to_json(), file=recording).run()
    recording.seek(0)
    with pa.ipc.open_stream(recording) as stream:
        batches = stream.iter_batches_with_custom_metadata()
        return summarise_recording(read_recording(stream.schema, batches), slo=objective.slo)


def main() -> int:
    """Search and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each probe")
    seconds = parser.parse_args().seconds
    objective = Objective.parse("ttft=250ms@p99")
    options = ["--profile", "batch", "--slots", "8", "--prefill", "10000"]
    server = subprocess.Popen(
        [COMMAND, "sim", "serve", "--port", "0", "--quiet", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    base_url = server.stdout.readline().strip()
    prompt_tokens: list[float] = []

    async def probe(load: Load) -> BenchmarkResult:
        result = await asyncio.to_thread(run, base_url, load, objective, seconds)
        if result.tokens.prompt and result.successful_requests:
            prompt_tokens.append(result.tokens.prompt / result.successful_requests)
        return result

    try:
        found = asyncio.run(
            find_max(
                probe,
                rates("constant"),
                objective,
                SearchBounds(start=8, least=0.5, most=1000),
                on_probe=lambda one: print(probe_line(one, "requests/s"), flush=True),
            )
        )
    finally:
        server.terminate()
        server.wait()
    knee = capacity(QUEUE, prompt_tokens=prompt_tokens[0], output_tokens=TOKENS).requests_per_s
    print(*max_load_lines(found), sep="\n")
    off = (found.estimate or 0) / knee - 1
    print(f"the knee by the closed form: {knee:.2f} requests/s; found {off:+.1%} from it")
    held = found.interval.low <= knee <= found.interval.high
    print("the interval holds it" if held else "the interval does not hold it")
    return int(abs(off) > 0.05 or not held)


if __name__ == "__main__":
    sys.exit(main())
