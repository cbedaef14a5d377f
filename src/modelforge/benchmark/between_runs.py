"""How sure the figures of several runs are: by how they differ from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelforge.benchmark.distribution import PERCENTILES
from modelforge.benchmark.figure import RATES
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.run_statistics import SERIES, STREAM, Figures, RunStatistics
from modelforge.stats.estimate import Estimate
from modelforge.stats.proportion import wilson
from modelforge.stats.repeats import mean_of_runs


def between_runs(results: Sequence[BenchmarkResult], *, level: float) -> RunStatistics | None:
    """The intervals of the runs' common figures, Student's t over the runs.

    What differs from run to run is in them, which no single run can know; what differs within a
    run is in the runs' figures already. None of fewer than two runs, or where no run is large
    enough to have statistics of its own.
    """
    counted = [result for result in results if result.statistics is not None]
    if len(counted) < 2:  # noqa: PLR2004 (a spread)
        return None
    measures = {
        name: Figures(estimates=found)
        for name in (*SERIES, STREAM, "itl_ms")
        if (found := _of_measure(counted, name, level))
    }
    rates = {
        figure.name: made
        for figure in RATES
        if (made := _estimate([figure.value(each) for each in counted], level)) is not None
    }
    n = sum(each.total_requests for each in counted)
    answered = sum(each.successful_requests for each in counted)
    return RunStatistics(
        level=level,
        measures=measures,
        rates=rates,
        success_share=wilson(answered / n, float(n), n=n, level=level),
        runs=len(counted),
        warm_up_excluded=sum(
            each.statistics.warm_up_excluded for each in counted if each.statistics is not None
        ),
    )


def _of_measure(
    results: Sequence[BenchmarkResult], name: str, level: float
) -> Mapping[str, Estimate]:
    return {
        statistic: made
        for statistic in ("mean", *PERCENTILES)
        if (made := _estimate([getattr(getattr(each, name), statistic) for each in results], level))
        is not None
    }


def _estimate(values: Sequence[float | None], level: float) -> Estimate | None:
    known = [value for value in values if value is not None]
    return mean_of_runs(known, level=level) if len(known) == len(values) else None
