"""Searches over loads: one short run after the other, until the answer is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count

from modelforge.app.benchmark import BenchmarkRunner
from modelforge.benchmark.axis import Axis, concurrencies, rates
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.find_max import MaxLoad, SearchBounds, find_max
from modelforge.benchmark.gaps import GapKind
from modelforge.benchmark.load import ClosedLoop, Load
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.probe import Probe
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.sweep import Sweep, SweepPlan, sweep
from modelforge.core.errors import Interrupted

_MOST = {"rate": 100_000.0, "concurrency": 10_000.0}
_LEAST = {"rate": 0.01, "concurrency": 1.0}

OnProbe = Callable[[Probe], None]


class LoadSearch:
    """Tries loads that differ in one number: the rate of an open loop, or the concurrency.

    Args:
        runner: runs each of them.
        config: what all have in common; its load's number is the first that is tried.
        start: that number.
        axis: what it counts.
    """

    def __init__(
        self, runner: BenchmarkRunner, config: BenchmarkConfig, *, start: float, axis: Axis
    ) -> None:
        self._runner = runner
        self._config = config
        self._start = start
        self._axis = axis
        self._stopped = False

    def stop(self) -> None:
        """Try no more loads: what was tried is told, without the run that is broken off."""
        self._stopped = True
        self._runner.stop()
        self._runner.stop()  # what is in flight is of no use

    async def find_max(
        self, objective: Objective, *, tolerance: float, lengthen: bool, on_probe: OnProbe
    ) -> MaxLoad:
        """The highest load that holds ``objective``.

        With ``lengthen`` the first runs are as long as the configuration says or as the objective
        needs, later ones longer; without it all are as long as the configuration says.

        Raises:
            UsageError: the start is out of bounds.
            RequestError: no worker could begin.
            Interrupted: it was stopped before one load had been tried.
        """
        quantity = self._axis.quantity
        probe_s = self._config.duration or objective.probe_s(tolerance)
        bounds = SearchBounds(
            start=self._start,
            least=_LEAST[quantity],
            most=self._most,
            probe_s=max(probe_s, objective.probe_s(tolerance)) if lengthen else probe_s,
            lengthen=lengthen,
            tolerance=tolerance,
        )
        prober = self._prober(replace(self._config, slo=objective.slo))
        return await find_max(prober, self._axis, objective, bounds, on_probe=on_probe)

    async def sweep(self, *, on_probe: OnProbe) -> Sweep:
        """Where throughput grows no more.

        Raises:
            UsageError: the start is out of bounds.
            RequestError: no worker could begin.
            Interrupted: it was stopped before one load had been tried.
        """
        plan = SweepPlan(start=self._start, most=self._most)
        prober = self._prober(self._config)

        async def run(load: Load) -> BenchmarkResult:
            return await prober(load, self._config.duration)

        return await sweep(run, self._axis, plan, on_probe=on_probe)

    @property
    def _most(self) -> float:
        """Where it ends at the latest: more clients than connections would wait for each other."""
        most, connections = _MOST[self._axis.quantity], self._config.max_connections
        if self._axis.quantity == "rate" or connections is None:
            return most
        return min(most, connections)

    def _prober(
        self, config: BenchmarkConfig
    ) -> Callable[[Load, float | None], Awaitable[BenchmarkResult]]:
        seeds = count(config.seed)

        async def run(load: Load, duration_s: float | None) -> BenchmarkResult:
            # Each draws anew: the same luck at every load would not show in the interval.
            probed = replace(
                config,
                load=load,
                concurrent_requests=1,
                duration=duration_s,
                seed=next(seeds),
            )
            if isinstance(load, ClosedLoop):
                probed = replace(probed, workers=min(config.workers, load.concurrency))
            result = None
            if not self._stopped:
                result = await self._runner.run_benchmark(probed, with_misses=True)
            if result is None or self._stopped:
                raise Interrupted("the search was stopped")
            return result

        return run


def axis_of(
    *, rate: bool, arrival: GapKind | None, burstiness: float | None, think_s: float
) -> Axis:
    """What the number of a search counts.

    Raises:
        UsageError: there are no such arrivals.
    """
    if rate:
        return rates(arrival or "poisson", burstiness=burstiness or 1.0)
    return concurrencies(think_s=think_s)
