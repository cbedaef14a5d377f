"""Estimates of values that were measured one after the other, and so are alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.autocorrelation import LONG, Autocorrelation, autocorrelation
from modelforge.stats.batches import batch_count, batch_means
from modelforge.stats.distributions import normal_cdf, t_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.long_series import LongSeries, Ordered
from modelforge.stats.mean import constant, from_error, mean
from modelforge.stats.quantile_interval import (
    at_share,
    from_ordered,
    places_of_share,
    places_read,
)
from modelforge.stats.sample import sample, share


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesEstimates:
    """The mean and the quantiles of one series, and how alike neighbours are.

    ``quantiles`` are in the order they were asked in.
    """

    mean: Estimate
    quantiles: tuple[Estimate, ...]
    autocorrelation: Autocorrelation


def series_estimates(
    values: ArrayLike | LongSeries,
    qs: Iterable[float] = (0.5, 0.9, 0.95, 0.99),
    *,
    level: float = 0.95,
) -> SeriesEstimates:
    """The mean and quantiles of values in the order of time, as wide as that order asks.

    Where no autocorrelation is detected they are those of independent values: Student's t and order
    statistics. Where there is some, the variance of the mean comes from the means of batches
    (Law, *Simulation Modeling and Analysis*, 2015, section 9.5.3), and a quantile's interval is
    between the order statistics of as many independent values as the batches' shares below
    it show the series to be worth (Woodruff, 1952). More than 65,536 values are always taken by
    batches: their order is not looked at in full. ``method`` says which was chosen and why.

    Raises:
        TooFewValues: fewer than two values; and what `sample` and `share` raise.
    """
    x = values if isinstance(values, LongSeries) else sample(values, at_least=2)
    share(level, name="level")
    qs = [share(q, name="q") for q in qs]
    found = autocorrelation(x)
    if not isinstance(x, LongSeries) and not found.present and x.size <= LONG:
        ordered = np.sort(x)
        return SeriesEstimates(
            mean=mean(x, level=level),
            quantiles=tuple(from_ordered(ordered, q, effective_n=x.size, level=level) for q in qs),
            autocorrelation=found,
        )
    return SeriesEstimates(
        mean=_mean(x, found, level=level),
        quantiles=_quantiles(x, qs, found, level=level),
        autocorrelation=found,
    )


def _said(found: Autocorrelation) -> str:
    if not found.present:
        return f"{found.n:,} values, neighbours hardly correlate"
    short = ", and too few values for it: too narrow" if found.short else ""
    return f"neighbours correlate by {found.first_lag:.2f}{short}"


def _mean(x: NDArray[np.float64] | LongSeries, found: Autocorrelation, *, level: float) -> Estimate:
    means = batch_means(x, batch_count(x.size, found.time))
    if np.ptp(means) == 0:
        return constant(float(x.mean()), n=x.size, level=level)
    return from_error(
        float(x.mean()),
        float(means.std(ddof=1)) / math.sqrt(means.size),
        df=means.size - 1,
        n=x.size,
        level=level,
        method=f"{means.size} batch means: {_said(found)}",
    )


def _quantiles(
    x: NDArray[np.float64] | LongSeries,
    qs: Sequence[float],
    found: Autocorrelation,
    *,
    level: float,
) -> tuple[Estimate, ...]:
    if not qs:
        return ()
    series = x if isinstance(x, LongSeries) else LongSeries.of(x)
    ordered = Ordered(series) if series is x else np.sort(series.held())
    if isinstance(ordered, Ordered):
        ordered.fetch(place for q in qs for place in places_of_share(x.size, q))
    count = batch_count(x.size, found.time)
    length = x.size // count
    # The batches' variance is itself uncertain: a normal's level that reaches as far as t does.
    reach = t_quantile((1 + level) / 2, count - 1)
    wider = 2 * normal_cdf(reach) - 1
    limits = [at_share(ordered, q) for q in qs]
    below = series.shares_at_most(limits, length, count, skipped=x.size - length * count)
    worth = [x.size / _time(shares, shared, length) for shares, shared in below]
    if isinstance(ordered, Ordered):
        ordered.fetch(
            place
            for q, n in zip(qs, worth, strict=True)
            for place in places_read(x.size, q, effective_n=n, level=wider)
        )
    return tuple(
        _at_level(
            from_ordered(
                ordered,
                q,
                effective_n=n,
                level=wider,
                method=f"order statistics worth {n:.0f} independent values "
                f"({count} batches: {_said(found)})",
            ),
            level,
            reach,
        )
        for q, n in zip(qs, worth, strict=True)
    )


def _time(shares: NDArray[np.float64], shared: float, length: int) -> float:
    """How many values are worth an independent one, by how the batches' shares vary."""
    independent = shared * (1 - shared)
    return max(1.0, float(shares.var(ddof=1)) * length / independent) if independent > 0 else 1.0


def _at_level(made: Estimate, level: float, reach: float) -> Estimate:
    width = made.interval.width
    return replace(
        made,
        interval=replace(made.interval, level=level),
        standard_error=width / (2 * reach) if math.isfinite(width) else None,
    )
