"""Measure what this machine's load generator reaches."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.request import ProxyHandler, Request, build_opener

import pyarrow as pa

from modelforge.app.kept_calibration import this_machine
from modelforge.benchmark.arrivals import Poisson
from modelforge.benchmark.calibration import Calibration
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.recording import read_recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.summary import summarise
from modelforge.core.errors import LocalServerFailed
from modelforge.core.prompt import Message, Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.coordinator import Coordinator
from modelforge.wire.job import Job
from modelforge.wire.target import Target

_MODEL: Final = "steady"
_TOKENS: Final = 128
_AT_ONCE: Final = ClosedLoop(concurrency=64)
_PACED_TOKENS: Final = 20
_PACED_PER_S: Final = 50.0
_PACED: Final = OpenLoop(arrivals=Poisson(rate=_PACED_PER_S))
_GOODBYE_S: Final = 5.0
_TRUTH_S: Final = 10.0


def calibrate(*, seconds: float) -> Calibration:
    """Measure for about ``seconds``, a third each: short answers, long ones, and paced ones.

    Blocks. The client is the load generator itself with one worker; the simulator runs in a process
    of its own and says what it really sent.

    Raises:
        LocalServerFailed: the simulator does not start, or answers too little.
        RequestError: it cannot be reached.
    """
    part = Limits(duration_s=seconds / 3, warmup_requests=64)
    # A number of requests, not a duration: client and simulator then tell of the same ones.
    paced_limits = Limits(requests=max(1, round(seconds / 3 * _PACED_PER_S)), warmup_requests=0)
    with _yardstick() as (instant_url, paced_url):
        short = _run(instant_url, _AT_ONCE, part, tokens=1)
        long = _run(instant_url, _AT_ONCE, part, tokens=_TOKENS)
        paced = _run(paced_url, _PACED, paced_limits, tokens=_PACED_TOKENS)
        truth = _truth(paced_url)["models"][_MODEL]
    requests_per_s, long_per_s = short.requests_per_s, long.requests_per_s
    if not requests_per_s or not long_per_s:
        raise LocalServerFailed("the simulator answered nothing: measure for longer")
    share = _cpu_share(long)
    # Long answers of one shape may be read faster than short ones: the ceiling is the higher one.
    most_per_s = long_per_s / share
    return Calibration(
        machine=this_machine(),
        measured_at=datetime.now(UTC).replace(microsecond=0),
        requests_per_s=round(requests_per_s, 1),
        events_per_s=round(long_per_s * _TOKENS, 1),
        most_requests_per_s=round(max(requests_per_s / _cpu_share(short), most_per_s), 1),
        most_events_per_s=round(most_per_s * _TOKENS, 1),
        tokens=_TOKENS,
        cpu_us_per_request=round(share / long_per_s * 1e6, 3),
        stamp_error_p50_ms=_less(paced.ttft_ms.p50, truth["ttft_ms"]["p50"]),
        stamp_error_p99_ms=_less(paced.ttft_ms.p99, truth["ttft_ms"]["p99"]),
        itl_error_mean_ms=_less(paced.itl_ms.mean, truth["itl_ms"]["mean"]),
        schedule_lag_p99_ms=round(paced.schedule_lag_ms.p99 or 0.0, 4),
        # The others are as full as they get, and take the simulator's core from each other.
        disturbed=next((reason.message for reason in paced.verdict.reasons), None),
    )


def _cpu_share(result: BenchmarkResult) -> float:
    """Of its core that the worker used while it measured; 1 where that is not known."""
    return min(result.client.cpu_share or 1.0, 1.0)


def _less(measured: float | None, truth: float | None) -> float:
    return round((measured or 0.0) - (truth or 0.0), 4)


def _run(base_url: str, load: Load, limits: Limits, *, tokens: int) -> BenchmarkResult:
    job = Job(
        worker=0,
        workers=1,
        target=Target(model=_MODEL, base_url=base_url, codec=OpenAIChat(), headers={}),
        load=load,
        limits=limits,
        workload=FixedPrompts(
            prompts=(Prompt(messages=(Message(role="user", content="Hello"),)),), max_tokens=tokens
        ),
        seed=1,
        timeout_s=30.0,
        most_connections=1024,
    )
    plan = Plan(model=f"sim/{_MODEL}", open_loop=isinstance(load, OpenLoop))
    recording = io.BytesIO()
    Coordinator([job], plan=plan.to_json(), file=recording).run()
    recording.seek(0)
    with pa.ipc.open_stream(recording) as stream:
        batches = stream.iter_batches_with_custom_metadata()
        return summarise(read_recording(stream.schema, batches))


@contextmanager
def _yardstick() -> Iterator[tuple[str, str]]:
    """The base URLs of answers at once and of paced ones, served by a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "modelforge.simulator.yardstick"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for this process, which then lets go of it
    )
    assert process.stdin is not None  # noqa: S101 (they are pipes)
    assert process.stdout is not None  # noqa: S101 (as above)
    try:
        instant, paced = process.stdout.readline().strip(), process.stdout.readline().strip()
        if not paced:
            raise LocalServerFailed("the simulator ended before it served")
        yield instant, paced
    finally:
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GOODBYE_S)
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()


def _truth(base_url: str) -> dict[str, Any]:
    root = base_url.removesuffix("/v1")
    opener = build_opener(ProxyHandler({}))  # it is here, whatever the environment says
    with opener.open(Request(f"{root}/truth"), timeout=_TRUTH_S) as answer:  # noqa: S310 (http)
        truth: dict[str, Any] = json.load(answer)
    return truth
