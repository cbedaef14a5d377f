"""How sure a run's figures are, and whether it was one and the same from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.distribution import PERCENTILES, Distribution
from modelforge.benchmark.gap_slots import GapSlot
from modelforge.benchmark.measures import Measures, Values, met
from modelforge.benchmark.sent_order import SentOrder
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.window import Window
from modelforge.core.errors import TooFewValues
from modelforge.stats.autocorrelation import Autocorrelation, autocorrelation
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.outliers import Outliers, outliers
from modelforge.stats.pooled_quantile import pooled_quantiles
from modelforge.stats.proportion import wilson
from modelforge.stats.rate import rate_of_parts
from modelforge.stats.series import series_estimates
from modelforge.stats.stability import Stability, stability
from modelforge.stats.warm_up import WarmUp, warm_up

FEWEST: Final = 20
"""Requests below which nothing is said of a run: no order is told from chance."""

SERIES: Final = {
    "ttft_ms": "ttft",
    "tpot_ms": "tpot",
    "e2e_ms": "e2e",
    "e2e_from_due_ms": "e2e_from_due",
    "ttft_from_due_ms": "ttft_from_due",
    "schedule_lag_ms": "schedule_lag",
}
"""The figures of one number a request, and what `Measures` calls it."""

STREAM: Final = "stream_output_tokens_per_s"
"""The figure of one speed a request."""

WATCHED: Final = ("ttft_ms", "e2e_ms")
"""What warm-up, changes and outliers are looked for in."""

_LEVEL: Final = 0.01
"""Of the tests for warm-up and change: a clean run is to be told of nothing."""
_SEED: Final = 11  # of the permutations by which a change is told from chance
_NS: Final = 1e9


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The statistics of one measure, by the names of a `Distribution`: ``mean``, ``p50``, …

    Attributes:
        order: what neighbours have to do with each other; None where that is not looked at.
    """

    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    order: Autocorrelation | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Steadiness:
    """Whether a measure stayed what it was, in the order of sending; nothing is left out for it."""

    warm_up: WarmUp
    stability: Stability
    outliers: Outliers


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStatistics:
    """The intervals of a run's figures, in their units.

    Attributes:
        measures: by the names of the result's distributions.
        rates: ``requests_per_s``, ``output_tokens_per_s``, ``goodput_per_s``, as far as known.
        success_share: of the measured requests.
        steadiness: of `WATCHED`; empty of several runs together.
        runs: how many runs the intervals lie between; 1: within one.
        warm_up_excluded: requests that were left out as a warm-up, on request.
    """

    level: float
    measures: Mapping[str, Figures]
    rates: Mapping[str, Estimate]
    success_share: Estimate
    steadiness: Mapping[str, Steadiness] = field(default_factory=dict)
    runs: int = 1
    warm_up_excluded: int = 0


def run_statistics(
    good: Measures,
    measured: Measures,
    in_time: Measures,
    *,
    order: SentOrder,
    window: Window | None,
    itl: Distribution,
    slots: Sequence[GapSlot],
    slo: Slo | None,
    level: float,
    warm_up_excluded: int = 0,
) -> RunStatistics | None:
    """The intervals of one run; None of fewer than 20 answers.

    Args:
        good: the answered of the ``measured`` requests; ``in_time`` those of them that rates count.
        order: of the ``good`` ones.
        window: the measurement; None where it is not known.
        itl: the gaps' distribution, milliseconds; ``slots`` the gaps by time, nanoseconds.
        warm_up_excluded: how many requests were left out as a warm-up.
    """
    if good.count < FEWEST:
        return None
    rates = _rates(in_time, window, slo, level)
    measures: dict[str, Figures] = {}
    steadiness: dict[str, Steadiness] = {}
    rng = np.random.default_rng(_SEED)
    for name, of_request in SERIES.items():
        values = order.measure(of_request)
        if values.size < FEWEST:
            continue
        measures[name] = _figures(values, level)
        if name in WATCHED:
            steadiness[name] = Steadiness(
                warm_up=warm_up(values, level=_LEVEL),
                stability=stability(values, rng=rng, level=_LEVEL),
                outliers=outliers(values),
            )
    if (speeds := order.measure("stream_speed")).size >= FEWEST:
        measures[STREAM] = _figures(speeds, level)
    if (gaps := _itl(good, order, itl, slots, level)) is not None:
        measures["itl_ms"] = gaps
    return RunStatistics(
        level=level,
        measures=measures,
        rates=rates,
        success_share=_success(good, measured, level),
        steadiness=steadiness,
        warm_up_excluded=warm_up_excluded,
    )


def _figures(values: Values, level: float) -> Figures:
    made = series_estimates(values, PERCENTILES.values(), level=level)
    estimates = dict(zip(PERCENTILES, made.quantiles, strict=True))
    return Figures(estimates={"mean": made.mean, **estimates}, order=made.autocorrelation)


def _itl(
    good: Measures,
    order: SentOrder,
    itl: Distribution,
    slots: Sequence[GapSlot],
    level: float,
) -> Figures | None:
    """The mean as a ratio over requests (time over gaps), the quantiles by stretches of time."""
    if itl.mean is None:
        return None
    count, all_gaps, all_apart_ms = 0, 0.0, 0.0
    for part in good.parts():
        apart, gaps = _time_and_gaps(part)
        count += int(np.count_nonzero(~np.isnan(gaps)))
        all_gaps += float(np.nansum(gaps))
        all_apart_ms += float(np.nansum(apart))
    if count < FEWEST:
        return None
    each, ratio = all_gaps / count, all_apart_ms / all_gaps

    def residual(requests: Measures) -> NDArray[np.float64]:
        apart, gaps = _time_and_gaps(requests)
        apart -= ratio * gaps
        return apart

    made = series_estimates(order.values(residual), (), level=level)
    reach, error = made.mean.interval.width / 2, made.mean.standard_error or 0.0
    estimates = {
        "mean": replace(
            made.mean,
            point=itl.mean,
            interval=Interval(
                low=itl.mean - reach / each, high=itl.mean + reach / each, level=level
            ),
            standard_error=error / each,
            method=f"a ratio over requests; {made.mean.method}",
        )
    }
    try:
        quantiles = pooled_quantiles(
            [slot.gaps for slot in slots], tuple(PERCENTILES.values()), level=level
        )
    except TooFewValues:  # a run of a few seconds
        quantiles = ()
    for name, estimate in zip(PERCENTILES, quantiles, strict=False):
        estimates[name] = _scaled(estimate, 1e-6)
    return Figures(estimates=estimates, order=made.autocorrelation)


def _time_and_gaps(requests: Measures) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Milliseconds from first to last token, and the gaps in them; NaN where there is none."""
    apart = requests.between_ms("first_ns", "last_ns")
    gaps = (requests.column("counted_tokens") - 1).astype(np.float64)
    none = (gaps <= 0) | np.isnan(apart)
    gaps[none] = apart[none] = np.nan
    return apart, gaps


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    interval, error = estimate.interval, estimate.standard_error
    return replace(
        estimate,
        point=estimate.point * factor,
        interval=replace(interval, low=interval.low * factor, high=interval.high * factor),
        standard_error=None if error is None else error * factor,
    )


def _rates(
    in_time: Measures, window: Window | None, slo: Slo | None, level: float
) -> dict[str, Estimate]:
    if window is None or window.length_s <= 0 or not in_time.count:
        return {}
    start_s, end_s = window.start_ns / _NS, window.end_ns / _NS
    last_s = np.nextafter(end_s, start_s)  # what was done with the end is done within it

    def rate_of(amounts: Callable[[Measures], NDArray[np.float64]]) -> Estimate:
        def again() -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
            for part in in_time.parts():
                at_s = part.column("done_ns") / _NS
                yield np.clip(at_s, start_s, last_s, out=at_s), amounts(part)

        return rate_of_parts(again, start_s=start_s, end_s=end_s, level=level)

    amounts: dict[str, Callable[[Measures], NDArray[np.float64]]] = {
        "requests_per_s": lambda requests: np.ones(requests.count),
        "output_tokens_per_s": lambda requests: requests.tokens().astype(np.float64),
    }
    if slo is not None:
        amounts["goodput_per_s"] = lambda requests: met(slo, requests).astype(np.float64)
    try:
        return {name: rate_of(amount) for name, amount in amounts.items()}
    except TooFewValues:
        return {}


def _success(good: Measures, measured: Measures, level: float) -> Estimate:
    """Wilson's; failures that come in bursts are worth fewer independent requests."""
    n, share = measured.count, good.count / measured.count
    time = 1.0
    if good.count < n:
        done = SentOrder(measured).values(lambda some: some.succeeded().astype(np.float64))
        time = autocorrelation(done).time
    return wilson(share, n / time, n=n, level=level)
