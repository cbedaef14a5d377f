"""Intervals of any statistic of independent values, by drawing from the values again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.distributions import normal_cdf, normal_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.mean import constant
from modelforge.stats.sample import sample, share, whole

RowStatistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Takes rows of values, ``(rows, n)``, and gives one number a row."""

_AT_ONCE = 2_000_000


def row_means(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of each row."""
    means: NDArray[np.float64] = rows.mean(axis=1)
    return means


def bca_bootstrap(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    statistic: RowStatistic = row_means,
    resamples: int = 2000,
    level: float = 0.95,
) -> Estimate:
    """A statistic with the bias-corrected and accelerated bootstrap (Efron, 1987).

    For skewed samples of some dozens to some thousands of values; it takes ``resamples + 1``
    times the work of the statistic, and as much again for each value.

    Raises:
        TooFewValues: fewer than two values. OutOfRange: fewer than two resamples.
        And what `sample` and `share` raise.
    """
    x = sample(values, at_least=2)
    share(level, name="level")
    whole(resamples, name="resamples", at_least=2)
    point = float(statistic(x[np.newaxis])[0])
    if np.ptp(x) == 0:
        return constant(point, n=x.size, level=level)
    drawn = np.sort(_resampled(x, statistic, rng, resamples))
    low, high = (
        float(np.quantile(drawn, p)) for p in _levels(x, statistic, drawn, point=point, level=level)
    )
    return Estimate(
        point=point,
        interval=Interval(low=low, high=high, level=level),
        standard_error=float(drawn.std(ddof=1)),
        method=f"BCa bootstrap, {resamples} resamples",
        n=x.size,
    )


def _resampled(
    x: NDArray[np.float64], statistic: RowStatistic, rng: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    rows = max(1, _AT_ONCE // x.size)
    parts = [
        statistic(x[rng.integers(0, x.size, size=(min(rows, resamples - done), x.size))])
        for done in range(0, resamples, rows)
    ]
    return np.concatenate(parts)


def _levels(
    x: NDArray[np.float64],
    statistic: RowStatistic,
    drawn: NDArray[np.float64],
    *,
    point: float,
    level: float,
) -> tuple[float, float]:
    """The quantiles of the bootstrap distribution that are the ends of the interval."""
    below = (np.count_nonzero(drawn < point) + np.count_nonzero(drawn <= point)) / (2 * drawn.size)
    bias = normal_quantile(min(max(below, 1 / drawn.size), 1 - 1 / drawn.size))
    pulls = _jackknife(x, statistic)
    pulls = pulls.mean() - pulls
    pulls = pulls / (np.abs(pulls).max() or 1.0)
    spread = float((pulls**2).sum()) ** 1.5
    acceleration = float((pulls**3).sum()) / (6 * spread) if spread > 0 else 0.0
    ends = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        z = bias + normal_quantile(p)
        ends.append(normal_cdf(bias + z / (1 - acceleration * z)))
    return ends[0], ends[1]


def _jackknife(x: NDArray[np.float64], statistic: RowStatistic) -> NDArray[np.float64]:
    """The statistic without each value in turn."""
    if statistic is row_means:
        means: NDArray[np.float64] = (x.sum() - x) / (x.size - 1)
        return means
    left = ~np.eye(x.size, dtype=bool)
    return np.concatenate([statistic(x[row][np.newaxis]) for row in left])
