"""The benchmark as a use case: workers send, records go to disk, a report is made of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from modelforge.app import benchmark_records, kept_calibration
from modelforge.app.registry import ModelForgeRegistry
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.load import OpenLoop
from modelforge.benchmark.plan import Plan
from modelforge.config.builtin import OWN_PROVIDERS, REPLAY_PROVIDER
from modelforge.core.errors import CannotBegin, Interrupted, UsageError
from modelforge.wire.coordinator import Coordinator, Outcome
from modelforge.wire.job import Job
from modelforge.wire.port_target import PortTarget
from modelforge.wire.process import WorkerProcess, worker_processes
from modelforge.wire.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

    from modelforge.app.server_scrape import ServerScrape
    from modelforge.benchmark.result import BenchmarkResult
    from modelforge.wire.purse import Allotment


_LONG_S: Final = 5.0
"""A run this long has the time to read the server's own metrics beside."""


class BenchmarkObserver(Protocol):
    """Watches a benchmark, to show it while it runs."""

    def began(self, config: BenchmarkConfig, *, run: int, records: Path) -> None:
        """Run ``run``, from 0, is about to warm up; its records go to ``records``."""
        ...

    def batch(self, batch: pa.RecordBatch, telemetry: bytes, messages: Mapping[str, str]) -> None:
        """A worker's new records, its telemetry as JSON, and the first message of each error.

        Called in a thread, each time once the records are on disk.
        """
        ...


class BenchmarkRunner:
    """Runs benchmarks of a registry's models.

    Attributes:
        records: the files that the last benchmark wrote, one a run.
        messages: the first message of each kind of error in it.

    Args:
        registry: where models are found.
        records: the file to keep records in; by default a new one in this platform's state
            directory. Further runs add their number to its name.
        observer: told of what happens.
        processes: workers that were started before, as many as the first benchmark has.
    """

    def __init__(
        self,
        registry: ModelForgeRegistry,
        *,
        records: str | Path | None = None,
        observer: BenchmarkObserver | None = None,
        processes: Sequence[WorkerProcess] = (),
    ) -> None:
        self._registry = registry
        self._file = None if records is None else Path(records)
        self._observer = observer
        self._processes = processes
        self._coordinator: Coordinator | None = None
        self._stops = 0
        self._path: Path | None = None
        self._target: Target | PortTarget | None = None
        self._scrapes: list[ServerScrape] = []
        self.records: list[Path] = []
        self.messages: dict[str, str] = {}

    def run(self, config: BenchmarkConfig) -> BenchmarkResult:
        """`run_benchmark` for code that has no event loop.

        Raises:
            UsageError: also when there is one, as in a notebook: await ``run_benchmark`` there.
        """
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.run_benchmark(config))
        raise UsageError("an event loop is running here: await run_benchmark(…) instead")

    async def run_benchmark(
        self, config: BenchmarkConfig, *, with_misses: bool = False
    ) -> BenchmarkResult:
        """Ask, measure and report. When this is cancelled, the workers end too.

        ``with_misses``: keep which requests missed the SLO.

        Raises:
            UsageError: before anything is sent.
            RequestError: no worker could begin.
            Interrupted: it was stopped before anything was measured.
        """
        self._stops = 0
        for run in range(config.runs):
            if run and self._stops:
                break
            await self.run_once(config, run)
        return await self.report(config, with_misses=with_misses)

    async def run_once(self, config: BenchmarkConfig, run: int) -> None:
        """One run of ``config``, numbered from 0; the first one finds the model's server.

        Raises:
            UsageError, RequestError: as `run_benchmark`.
            Interrupted: it is the first, and was stopped before anything was measured.
        """
        if run:
            with suppress(Interrupted):  # the runs before it stand
                await self._run(config, run)
            return
        self.records, self.messages, self._scrapes = [], {}, []
        self._path = self._file or benchmark_records.default_records(config.model_id)
        # They load what they need while the target is found.
        given, self._processes = self._processes, ()
        with worker_processes(0 if given else config.workers) as started:
            self._target = await self._registry.target(config.model_id, config.generation)
            _refuse_idle_count(config, self._target)
            await self._run(config, run, processes=given or started)

    async def report(
        self, config: BenchmarkConfig, *, with_misses: bool = False
    ) -> BenchmarkResult:
        """What the runs so far come to."""
        return await asyncio.to_thread(self._report, config, with_misses)

    def stop(self) -> None:
        """Send no more, and report what there is; the second time, break off what is in flight."""
        self._stops += 1
        if self._coordinator is not None:
            self._coordinator.stop()

    def was_stopped(self) -> None:
        """This process did not run for a while (SIGSTOP): the report says so."""
        if self._coordinator is not None:
            self._coordinator.was_stopped()

    async def _run(
        self,
        config: BenchmarkConfig,
        run: int,
        *,
        processes: Sequence[WorkerProcess] = (),
    ) -> None:
        target = self._target
        if target is None or self._path is None:
            raise UsageError("a benchmark's first run is number 0")
        path = benchmark_records.of_run(self._path, run)
        with (
            benchmark_records.disk_trouble(path),
            benchmark_records.create(path, folder=self._file is None) as file,
        ):
            if self._observer is not None:
                self._observer.began(config, run=run, records=path)
            coordinator = self._coordinator = Coordinator(
                _jobs(config, target, self._allotment(config)),
                plan=_plan(config, target, run).to_json(),
                file=file,
                on_batch=self._tell,
                processes=processes,
            )
            if self._stops:
                coordinator.stop()
            try:
                with self._scrape(config, target) as scrape:
                    outcome = await _in_thread(coordinator)
                self._scrapes += [scrape] if scrape is not None else []
            except (CannotBegin, Interrupted):
                with suppress(OSError):
                    if path.is_file():
                        path.unlink()
                raise
            finally:
                self._coordinator = None
        self.messages = outcome.messages | self.messages
        self.records.append(path)

    def _scrape(
        self, config: BenchmarkConfig, target: Target | PortTarget
    ) -> AbstractContextManager[ServerScrape | None]:
        wanted = config.server_metrics
        if wanted is None:
            wanted = (config.limits.duration_s or 0.0) >= _LONG_S
        if not wanted or not isinstance(target, Target):
            return nullcontext()
        from modelforge.app.server_scrape import ServerScrape, metrics_url  # noqa: PLC0415 (aiohttp)

        url = metrics_url(target.base_url)
        return ServerScrape(url, model=target.model, tls=target.tls())

    def _allotment(self, config: BenchmarkConfig) -> Allotment | None:
        """The part of the limit that one worker may spend in one run."""
        if config.max_cost_usd is None:
            return None
        from modelforge.wire.purse import Allotment  # noqa: PLC0415 (with a limit only)

        return Allotment(
            limit_usd=config.max_cost_usd / (config.runs * config.workers),
            terms=self._registry.prices(config.model_id),
        )

    def _tell(self, batch: pa.RecordBatch, telemetry: bytes) -> None:
        coordinator = self._coordinator
        if self._observer is not None and coordinator is not None:
            self._observer.batch(batch, telemetry, coordinator.messages)

    def _report(self, config: BenchmarkConfig, with_misses: bool) -> BenchmarkResult:
        from modelforge.app import benchmark_report  # noqa: PLC0415 (Arrow: once a run has ended)

        recordings = [benchmark_report.read(path) for path in self.records]
        prices = self._registry.prices(config.model_id)
        result = benchmark_report.report(
            recordings,
            prices=prices,
            slo=config.slo,
            level=config.confidence,
            exclude_warm_up=config.exclude_warm_up,
            with_misses=with_misses,
        )
        return self._with_server(result, asked=config.server_metrics is True)

    def _with_server(self, result: BenchmarkResult, *, asked: bool) -> BenchmarkResult:
        """With what the server said of itself, of each run and of all together."""
        if not self._scrapes:
            return result
        from modelforge.app.server_scrape import server_figures_of  # noqa: PLC0415 (aiohttp)

        troubles = [
            scrape.trouble or (scrape.absent if asked else None) for scrape in self._scrapes
        ]
        if told := next(filter(None, troubles), None):
            self.messages["server_metrics"] = told

        def with_figures(result: BenchmarkResult, *scrapes: ServerScrape) -> BenchmarkResult:
            client_ms = result.ttft_ms.mean
            return replace(result, server=server_figures_of(scrapes, client_ttft_mean_ms=client_ms))

        runs = map(with_figures, result.runs, self._scrapes)
        return with_figures(replace(result, runs=tuple(runs)), *self._scrapes)


async def _in_thread(coordinator: Coordinator) -> Outcome:
    """Run it to its end; cancelled, it is broken off and has ended."""
    running = asyncio.ensure_future(asyncio.to_thread(coordinator.run))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        coordinator.stop()
        coordinator.stop()
        await asyncio.wait([running])
        running.exception()  # how it ended is no news, and would be logged if nobody looked
        raise


def _refuse_idle_count(config: BenchmarkConfig, target: Target | PortTarget) -> None:
    if not config.count_events and not (isinstance(target, Target) and target.usual):
        raise UsageError(
            "--count usage is of servers that speak OpenAI's chat protocol, and"
            f" {config.model_id} is not asked in it: leave --count out"
        )


def _jobs(
    config: BenchmarkConfig, target: Target | PortTarget, allotment: Allotment | None
) -> list[Job]:
    job = Job(
        worker=0,
        workers=config.workers,
        target=target,
        load=config.effective_load,
        limits=config.limits,
        workload=config.effective_workload,
        seed=config.seed,
        timeout_s=config.timeout_s,
        most_connections=config.connections_of(0),
        count_events=config.count_events,
        keep_text=config.needs_text,
        allotment=allotment,
    )
    return [
        replace(job, worker=worker, most_connections=config.connections_of(worker))
        for worker in range(config.workers)
    ]


def _plan(config: BenchmarkConfig, target: Target | PortTarget, run: int) -> Plan:
    wire = isinstance(target, Target)
    other = "replay" if config.provider == REPLAY_PROVIDER else "langchain"
    return Plan(
        model=str(config.model_id),
        open_loop=isinstance(config.effective_load, OpenLoop),
        workers=config.workers,
        asked={
            **config.to_asked(),
            **kept_calibration.asked_of(config.workers),
            "path": "wire" if wire else other,
            "served_here": config.provider in OWN_PROVIDERS,
            "run": run + 1,
            "runs": config.runs,
            "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        },
    )
