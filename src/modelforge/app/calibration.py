"""Measure what this machine's load generator reaches, and remember it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, Request, build_opener

import pyarrow as pa
from platformdirs import user_state_path

from modelforge.benchmark.arrivals import Poisson
from modelforge.benchmark.calibration import Calibration, Machine
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.load import ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.recording import read_recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.summary import summarise_recording
from modelforge.benchmark.verdict import Ceiling
from modelforge.core.errors import LocalServerFailed
from modelforge.core.prompt import Message, Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.coordinator import Coordinator
from modelforge.wire.job import Job
from modelforge.wire.target import Target

_TOKENS: Final = 128
_AT_ONCE: Final = ClosedLoop(concurrency=64)
_PACED_TOKENS: Final = 20
_PACED_PER_S: Final = 50.0
_PACED: Final = OpenLoop(arrivals=Poisson(rate=_PACED_PER_S))
_GOODBYE_S: Final = 5.0
_TRUTH_S: Final = 10.0


def this_machine() -> Machine:
    """The machine, the interpreter and the version that this process runs on."""
    return Machine(
        cpu=_cpu_name(),
        cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1,
        python=platform.python_version(),
        modelforge=version("modelforge-testing"),
    )


def calibrate(*, seconds: float) -> Calibration:
    """Measure for about ``seconds``, a third each: short answers, long ones, and paced ones.

    Blocks. The client is the load generator itself with one worker; the simulator runs in a process
    of its own and says what it really sent.

    Raises:
        LocalServerFailed: the simulator does not start, or answers too little.
        RequestError: it cannot be reached.
    """
    part = Limits(duration_s=seconds / 3, warmup_requests=64)
    with _simulator("fast") as root:
        short = _run(root, "fast", _AT_ONCE, part, tokens=1)
        long = _run(root, "fast", _AT_ONCE, part, tokens=_TOKENS)
    # A number of requests, not a duration: client and simulator then tell of the same ones.
    paced_limits = Limits(requests=max(1, round(seconds / 3 * _PACED_PER_S)), warmup_requests=0)
    with _simulator("steady", "--ttft", "50ms", "--itl", "10ms", "--jitter", "0.2") as root:
        paced = _run(root, "steady", _PACED, paced_limits, tokens=_PACED_TOKENS)
        truth = _truth(root)["models"]["steady"]
    requests_per_s, long_per_s = short.requests_per_s, long.requests_per_s
    if not requests_per_s or not long_per_s:
        raise LocalServerFailed("the simulator answered nothing: measure for longer")
    share = _cpu_share(long)
    return Calibration(
        machine=this_machine(),
        measured_at=datetime.now(UTC).replace(microsecond=0),
        requests_per_s=round(requests_per_s, 1),
        events_per_s=round(long_per_s * _TOKENS, 1),
        most_requests_per_s=round(requests_per_s / _cpu_share(short), 1),
        most_events_per_s=round(long_per_s * _TOKENS / share, 1),
        tokens=_TOKENS,
        cpu_us_per_request=round(share / long_per_s * 1e6, 3),
        stamp_error_p50_ms=_less(paced.ttft_ms.p50, truth["ttft_ms"]["p50"]),
        stamp_error_p99_ms=_less(paced.ttft_ms.p99, truth["ttft_ms"]["p99"]),
        itl_error_mean_ms=_less(paced.itl_ms.mean, truth["itl_ms"]["mean"]),
        schedule_lag_p99_ms=round(paced.schedule_lag_ms.p99 or 0.0, 4),
    )


def store(calibration: Calibration) -> Path:
    """Keep it for this machine, in the place of an older one; where it is kept.

    Raises:
        OSError: it cannot be written.
    """
    path = _path(calibration.machine)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.new")
    new.write_text(json.dumps(calibration.to_document(), indent=2) + "\n", encoding="utf-8")
    new.replace(path)
    return path


def stored() -> Calibration | None:
    """What was kept for this machine and still fits it; None: there is none."""
    machine = this_machine()
    try:
        calibration = Calibration.from_json(_path(machine).read_bytes())
    except (OSError, ValueError):
        return None
    return None if calibration.unfit(machine, datetime.now(UTC)) else calibration


def stored_ceiling(workers: int) -> Ceiling | None:
    """What ``workers`` reach on this machine at most; None: it was never measured, or long ago."""
    calibration = stored()
    return None if calibration is None else calibration.ceiling(workers)


def _path(machine: Machine) -> Path:
    # A home that several machines share has a file for each.
    identity = f"{platform.node()}\n{machine.cpu}\n{machine.cores}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return user_state_path("modelforge") / "calibration" / f"{name}.json"


def _cpu_share(result: BenchmarkResult) -> float:
    """Of its core that the worker used while it measured; 1 where that is not known."""
    return min(result.client.cpu_share or 1.0, 1.0)


def _less(measured: float | None, truth: float | None) -> float:
    return round((measured or 0.0) - (truth or 0.0), 4)


def _run(root: str, model: str, load: Load, limits: Limits, *, tokens: int) -> BenchmarkResult:
    job = Job(
        worker=0,
        workers=1,
        target=Target(model=model, base_url=f"{root}/v1", codec=OpenAIChat(), headers={}),
        load=load,
        limits=limits,
        workload=FixedPrompts(
            prompts=(Prompt(messages=(Message(role="user", content="Hello"),)),), max_tokens=tokens
        ),
        seed=1,
        timeout_s=30.0,
        most_connections=1024,
    )
    plan = Plan(model=f"sim/{model}", open_loop=isinstance(load, OpenLoop))
    recording = io.BytesIO()
    Coordinator([job], plan=plan.to_json(), file=recording).run()
    recording.seek(0)
    with pa.ipc.open_stream(recording) as stream:
        batches = stream.iter_batches_with_custom_metadata()
        return summarise_recording(read_recording(stream.schema, batches))


@contextmanager
def _simulator(profile: str, *options: str) -> Iterator[str]:
    """The root of a simulator in a process of its own."""
    command = [sys.executable, "-m", "modelforge", "sim", "serve", "--port", "0", "--quiet"]
    process = subprocess.Popen(  # noqa: S603 (this very program)
        [*command, "--profile", profile, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 (it is a pipe)
        base_url = process.stdout.readline().strip()
        if not base_url:
            raise LocalServerFailed("the simulator ended before it served")
        yield base_url.removesuffix("/v1")
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GOODBYE_S)
        if process.poll() is None:
            process.kill()
            process.wait()


def _truth(root: str) -> dict[str, Any]:
    opener = build_opener(ProxyHandler({}))  # it is here, whatever the environment says
    with opener.open(Request(f"{root}/truth"), timeout=_TRUTH_S) as answer:  # noqa: S310 (http)
        truth: dict[str, Any] = json.load(answer)
    return truth


def _cpu_name() -> str:
    with suppress(OSError):
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            name, colon, value = line.partition(":")
            if colon and name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
