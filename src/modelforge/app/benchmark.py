"""Run a benchmark: start its workers, keep their records, and say what they amount to."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import platformdirs

from modelforge.app.load_target import load_target
from modelforge.app.registry import ModelForgeRegistry
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.slo import Slo
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.pricing.rates import NoRates, PriceList
from modelforge.wire.job import Job
from modelforge.wire.worker_process import WorkerProcess

if TYPE_CHECKING:
    from modelforge.benchmark.result import BenchmarkResult
    from modelforge.wire.coordinator import Coordinator, OnBatch, Outcome

RECORDS_SUFFIX: Final = ".arrows"
_NOT_KNOWN: Final = NoRates(reason="the recording does not say what its model costs")


class BenchmarkRunner:
    """Runs benchmarks of the models of ``registry``."""

    def __init__(self, registry: ModelForgeRegistry) -> None:
        self._registry = registry

    async def run_benchmark(self, config: BenchmarkConfig) -> BenchmarkResult:
        """Load the model and measure it.

        A cancelled benchmark breaks off what is in flight; its records stay.

        Raises:
            UsageError: the configuration cannot be run.
            RequestError: the model cannot be reached, or refuses every warm-up request.
        """
        run = await BenchmarkRun.prepare(self._registry, config)
        try:
            await asyncio.to_thread(run.work)
        except asyncio.CancelledError:
            run.stop()
            run.stop()
            raise
        return run.result()

    def run_benchmark_sync(self, config: BenchmarkConfig) -> BenchmarkResult:
        """`run_benchmark` for code that is not asynchronous."""
        return asyncio.run(self.run_benchmark(config))


class BenchmarkRun:
    """One run of one benchmark.

    Attributes:
        records: the file that its records go to.
        outcome: how it went, once it has worked.
    """

    def __init__(
        self,
        config: BenchmarkConfig,
        jobs: list[Job],
        plan: Plan,
        *,
        prices: PriceList,
        processes: Sequence[WorkerProcess],
    ) -> None:
        self._config = config
        self._jobs = jobs
        self._plan = plan
        self._prices = prices
        self._processes = processes
        self._coordinator: Coordinator | None = None
        self._stops = 0
        self.records = config.records or _new_file(config)
        self.outcome: Outcome | None = None

    @classmethod
    async def prepare(
        cls,
        registry: ModelForgeRegistry,
        config: BenchmarkConfig,
        *,
        processes: Sequence[WorkerProcess] = (),
    ) -> BenchmarkRun:
        """Resolve the model and start its server, if it is a local one.

        ``processes``, one for each worker, have been started already; they are closed at its end.

        Raises:
            UsageError: the model cannot be benchmarked.
            RequestError: the local server did not start.
        """
        model_id = ModelId(provider=config.provider, model=config.model)
        target = await load_target(registry, model_id, config.generation)
        load, limits, workload = config.asked_load, config.limits, config.asked_workload
        job = Job(
            worker=0,
            workers=config.workers,
            target=target,
            load=load,
            limits=limits,
            workload=workload,
            seed=config.seed,
            timeout_s=config.timeout_s,
            most_connections=max(1, config.max_connections // config.workers),
            keep_text=workload.ask(0).more,
            count_events=config.count_events,
        )
        plan = Plan(
            model=str(model_id),
            open_loop=config.open_loop,
            workers=config.workers,
            asked=_asked(config, target.base_url),
        )
        jobs = [replace(job, worker=number) for number in range(config.workers)]
        return cls(config, jobs, plan, prices=registry.prices(model_id), processes=processes)

    def work(self, on_batch: OnBatch | None = None) -> None:
        """Do it, to its end; not in an event loop.

        Raises:
            CannotBegin: no worker could ask the first request.
            UsageError: the file for the records cannot be written.
        """
        from modelforge.wire.coordinator import Coordinator  # noqa: PLC0415 (loads pyarrow)

        try:
            file = self.records.open("wb")
        except OSError as error:
            raise UsageError(f"cannot write {self.records}: {error.strerror or error}") from None
        with file:
            self._coordinator = Coordinator(
                self._jobs,
                plan=self._plan.to_json(),
                file=file,
                on_batch=on_batch,
                processes=self._processes,
            )
            for _ in range(self._stops):
                self._coordinator.stop()
            self.outcome = self._coordinator.run()

    def stop(self) -> None:
        """Send no more; the second time, break off what is in flight."""
        self._stops += 1
        if self._coordinator is not None:
            self._coordinator.stop()

    def result(self) -> BenchmarkResult:
        """What its records amount to."""
        return report(self.records, slo=self._config.slo, prices=self._prices)


def report(
    records: Path, *, slo: Slo | None = None, prices: PriceList = _NOT_KNOWN
) -> BenchmarkResult:
    """What a file of records amounts to, however its run ended.

    Raises:
        UsageError: the file cannot be read, or holds no records of a benchmark.
    """
    import pyarrow as pa  # noqa: PLC0415 (--help must not pay for it)

    from modelforge.benchmark.recording import read_recording  # noqa: PLC0415
    from modelforge.benchmark.summary import summarise_recording  # noqa: PLC0415

    try:
        with pa.OSFile(str(records), "rb") as file, pa.ipc.open_stream(file) as stream:
            recording = read_recording(stream.schema, stream.iter_batches_with_custom_metadata())
    except (OSError, pa.ArrowInvalid) as error:
        why = getattr(error, "strerror", None) or "it holds no records of a benchmark"
        raise UsageError(f"cannot read {records}: {why}") from None
    return summarise_recording(recording, slo=slo, prices=prices)


def _asked(config: BenchmarkConfig, base_url: str) -> dict[str, Any]:
    limits = config.limits
    return {
        "base_url": base_url,
        "load": config.asked_load.description,
        "workload": _described(config),
        "duration_s": limits.duration_s,
        "requests": limits.requests,
        "warmup_requests": limits.warmup_requests,
        "cooldown_s": 0.0 if limits.discard_in_flight else limits.cooldown_s,
        "discard_in_flight": limits.discard_in_flight,
        "max_tokens": config.generation.max_tokens,
        "stream": config.generation.stream,
        "timeout_s": config.timeout_s,
        "max_connections": config.max_connections,
        "tokens_counted": "events" if config.count_events else "usage",
        "seed": config.seed,
        "started_at": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _described(config: BenchmarkConfig) -> str:
    return config.asked_workload.ask(0).source


def _new_file(config: BenchmarkConfig) -> Path:
    folder = platformdirs.user_state_path("modelforge") / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    model = "".join(
        letter if letter.isalnum() or letter in "-._" else "-" for letter in config.model
    )
    return folder / f"{stamp}-{config.provider}-{model[:60]}-{os.getpid()}{RECORDS_SUFFIX}"
