"""Estimates of values that were measured one after the other, and so are alike."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.autocorrelation import LONG, Autocorrelation, autocorrelation
from modelforge.stats.batches import batch_count, batch_means
from modelforge.stats.distributions import normal_cdf, t_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.mean import constant, from_error, mean
from modelforge.stats.quantile_interval import at_share, from_ordered
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
    values: ArrayLike, qs: Iterable[float] = (0.5, 0.9, 0.95, 0.99), *, level: float = 0.95
) -> SeriesEstimates:
    """The mean and quantiles of values in the order of time, as wide as that order asks.

    Where no autocorrelation is detected they are those of independent values: Student's t and order
    statistics. Where there is some, the variance of the mean comes from the means of batches
    (Law, *Simulation Modeling and Analysis*, 2015, section 9.5.3), and a quantile's interval is
    between the order statistics of as many independent values as the batches' shares below
    it show the series to be worth (Woodruff, 1952). More than 131,072 values are always taken by
    batches: their order is not looked at in full. ``method`` says which was chosen and why.

    Raises:
        TooFewValues: fewer than two values; and what `sample` and `share` raise.
    """
    x = sample(values, at_least=2)
    share(level, name="level")
    qs = [share(q, name="q") for q in qs]
    found = autocorrelation(x)
    ordered = np.sort(x)
    if not found.present and x.size <= LONG:
        return SeriesEstimates(
            mean=mean(x, level=level),
            quantiles=tuple(from_ordered(ordered, q, effective_n=x.size, level=level) for q in qs),
            autocorrelation=found,
        )
    return SeriesEstimates(
        mean=_mean(x, found, level=level),
        quantiles=tuple(_quantile(x, ordered, q, found, level=level) for q in qs),
        autocorrelation=found,
    )


def _said(found: Autocorrelation) -> str:
    if not found.present:
        return f"{found.n:,} values, neighbours hardly correlate"
    short = ", and too few values for it: too narrow" if found.short else ""
    return f"neighbours correlate by {found.first_lag:.2f}{short}"


def _mean(x: NDArray[np.float64], found: Autocorrelation, *, level: float) -> Estimate:
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


def _quantile(
    x: NDArray[np.float64],
    ordered: NDArray[np.float64],
    q: float,
    found: Autocorrelation,
    *,
    level: float,
) -> Estimate:
    below = x <= at_share(ordered, q)
    shares = batch_means(below, batch_count(x.size, found.time))
    shared = float(below.mean())
    independent = shared * (1 - shared)
    time = 1.0
    if independent > 0:
        time = max(1.0, float(shares.var(ddof=1)) * (x.size // shares.size) / independent)
    # The batches' variance is itself uncertain: a normal's level that reaches as far as t does.
    wider = 2 * normal_cdf(t_quantile((1 + level) / 2, shares.size - 1)) - 1
    made = from_ordered(
        ordered,
        q,
        effective_n=x.size / time,
        level=wider,
        method=f"order statistics worth {x.size / time:.0f} independent values "
        f"({shares.size} batches: {_said(found)})",
    )
    reach = t_quantile((1 + level) / 2, shares.size - 1)
    error = made.interval.width / (2 * reach) if math.isfinite(made.interval.width) else None
    return Estimate(
        point=made.point,
        interval=type(made.interval)(low=made.interval.low, high=made.interval.high, level=level),
        standard_error=error,
        method=made.method,
        n=made.n,
    )
