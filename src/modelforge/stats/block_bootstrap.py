"""Intervals of any statistic of a series, by drawing runs of neighbours again."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.core.errors import OutOfRange
from modelforge.stats.autocorrelation import autocorrelation
from modelforge.stats.bootstrap import RowStatistic
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.mean import constant
from modelforge.stats.sample import sample, share, whole

_AT_ONCE = 2_000_000


def block_bootstrap(
    values: ArrayLike,
    *,
    statistic: RowStatistic,
    rng: np.random.Generator,
    block: int | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> Estimate:
    """A statistic with the moving block bootstrap (Künsch, 1989), percentile ends.

    For statistics that batches do not serve: a ratio, a trimmed mean, goodput. ``block`` is the
    number of neighbours that stay together; without it, ``n ** (1/3) * time ** (2/3)`` of the
    measured autocorrelation time, the order that is best for a mean (Lahiri, 1999), and 1 (the
    plain bootstrap) where none is detected.

    Raises:
        TooFewValues: fewer than two values. OutOfRange: ``block`` is not within 1 and n, or fewer
        than two resamples.
        And what `sample` and `share` raise.
    """
    x = sample(values, at_least=2)
    share(level, name="level")
    whole(resamples, name="resamples", at_least=2)
    length = _length(x) if block is None else whole(block, name="block")
    if length > x.size:
        raise OutOfRange(f"a block of {length} values out of {x.size}")
    point = float(statistic(x[np.newaxis])[0])
    if np.ptp(x) == 0:
        return constant(point, n=x.size, level=level)
    drawn = _resampled(x, statistic, rng, length=length, resamples=resamples)
    low, high = (float(np.quantile(drawn, p)) for p in ((1 - level) / 2, (1 + level) / 2))
    return Estimate(
        point=point,
        interval=Interval(low=low, high=high, level=level),
        standard_error=float(drawn.std(ddof=1)),
        method=f"moving block bootstrap, blocks of {length}, {resamples} resamples",
        n=x.size,
    )


def _length(x: NDArray[np.float64]) -> int:
    found = autocorrelation(x)
    if not found.present:
        return 1
    best = math.ceil(math.cbrt(x.size * found.time**2))
    return int(min(best, max(1, x.size // 4)))


def _resampled(
    x: NDArray[np.float64],
    statistic: RowStatistic,
    rng: np.random.Generator,
    *,
    length: int,
    resamples: int,
) -> NDArray[np.float64]:
    blocks = math.ceil(x.size / length)
    rows = max(1, _AT_ONCE // x.size)
    within = np.arange(length)
    parts = []
    for done in range(0, resamples, rows):
        starts = rng.integers(0, x.size - length + 1, size=(min(rows, resamples - done), blocks, 1))
        index = (starts + within).reshape(starts.shape[0], -1)[:, : x.size]
        parts.append(statistic(x[index]))
    return np.concatenate(parts)
