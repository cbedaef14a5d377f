"""A run of the load generator against a target that keeps its own record, and `wrk` beside it."""

from __future__ import annotations

import json
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pyarrow as pa

from modelforge.app import benchmark_report
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import Limits, Load, OpenLoop
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.telemetry import Telemetry
from modelforge.core.prompt import Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.coordinator import Coordinator, OnBatch
from modelforge.wire.job import Job
from modelforge.wire.target import Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """What a run gave, and what its parts took."""

    result: BenchmarkResult
    table: pa.Table
    wall_s: float
    report_s: float
    run_peak_mib: float  # of this process, before it read the records back
    telemetry: tuple[Telemetry, ...]


def run(
    base_url: str,
    load: Load,
    limits: Limits,
    *,
    tokens: int = 128,
    workers: int = 1,
    count_events: bool = True,
    on_batch: OnBatch | None = None,
) -> Ran:
    """Run ``load`` in worker processes and read what they recorded."""
    target = Target(model="target", base_url=base_url, codec=OpenAIChat(), headers={})
    workload = FixedPrompts(prompts=(Prompt.of("Hello"),), max_tokens=tokens)
    jobs = [
        Job(
            worker=worker,
            workers=workers,
            target=target,
            load=load,
            limits=limits,
            workload=workload,
            seed=1,
            timeout_s=60,
            most_connections=4000,
            count_events=count_events,
        )
        for worker in range(workers)
    ]
    plan = Plan(model="target/target", open_loop=isinstance(load, OpenLoop), workers=workers)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.arrows"
        started_s = time.monotonic()
        with path.open("wb") as file:
            Coordinator(jobs, plan=plan.to_json(), file=file, on_batch=on_batch).run()
        ended_s = time.monotonic()
        run_peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        recording = benchmark_report.read(path)
        result = summarise(recording)
    return Ran(
        result=result,
        table=recording.columns,
        wall_s=ended_s - started_s,
        report_s=time.monotonic() - ended_s,
        run_peak_mib=run_peak_mib,
        telemetry=recording.telemetry,
    )


def stats(base_url: str, what: str = "stats") -> dict[str, Any]:
    """What the target says it sent (``GET /stats``), or ``reset`` to begin anew."""
    parts = urlsplit(base_url)
    with urlopen(f"{parts.scheme}://{parts.netloc}/{what}") as answer:  # noqa: S310 (http)
        found: dict[str, Any] = json.load(answer)
        return found


@contextmanager
def wrk_script(tokens: int) -> Iterator[Path]:
    """The same request for `wrk`."""
    body = json.dumps(
        {
            "model": "target",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": tokens,
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "post.lua"
        path.write_text(
            f"wrk.method='POST'; wrk.body='{body}'; wrk.headers['Content-Type']='application/json'"
        )
        yield path


def wrk(base_url: str, *, connections: int, seconds: int, tokens: int) -> tuple[float, float]:
    """Requests a second and CPU seconds a request of ``wrk -t1``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with wrk_script(tokens) as script:
        done = subprocess.run(
            [
                *("wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "60"),
                *("-s", str(script), f"{base_url}/chat/completions"),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    total = re.search(r"(\d+) requests in", done.stdout)
    assert rate is not None
    assert total is not None, done.stdout
    return float(rate[1]), cpu_s / max(1, int(total[1]))


def has_wrk() -> bool:
    """Whether `wrk` is installed."""
    return shutil.which("wrk") is not None
