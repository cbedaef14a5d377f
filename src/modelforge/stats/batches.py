"""Runs of neighbours whose means are nearly independent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelforge.stats.long_series import LongSeries

_MOST = 40
_FEWEST = 8
_TIMES = 8.0
"""Autocorrelation times a batch should span."""


def batch_count(n: int, time: float) -> int:
    """How many batches ``n`` values of an integrated autocorrelation ``time`` make.

    Each spans eight times the autocorrelation time, so that what two neighbours share is small
    beside what either holds; there are 8 to 40, as more than that sharpens the interval little
    (Schmeiser, *Batch Size Effects in the Analysis of Simulation Output*, 1982).
    """
    return int(min(max(n / (_TIMES * time), _FEWEST), _MOST, n))


def batch_means(
    values: NDArray[np.float64] | NDArray[np.bool_] | LongSeries, batches: int
) -> NDArray[np.float64]:
    """The means of ``batches`` equal runs; what makes no whole batch is left out in front."""
    length = values.size // batches
    if isinstance(values, LongSeries):
        return values.run_means(length, batches, skipped=values.size - length * batches)
    means: NDArray[np.float64] = (
        values[values.size - length * batches :].reshape(batches, length).mean(axis=1)
    )
    return means
