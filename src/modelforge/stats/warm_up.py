"""Whether a run's beginning is unlike the rest of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.autocorrelation import coarse, ranks_of, time_of
from modelforge.stats.distributions import t_cdf
from modelforge.stats.long_series import LongSeries
from modelforge.stats.sample import sample, share

_BATCH = 5
_FEWEST = 50
_HIGHEST = 0.95
"""The correlation of neighbours above which no series is short enough to tell."""
_LOOKS = 6
"""So many cut-offs' worth of luck MSER's choice of the best one is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmUp:
    """What MSER-5 says of a series' beginning.

    Attributes:
        values: how many to leave out of the front, were one to leave them out; 0 where the
            beginning is as the rest.
        p_value: of the hypothesis that the beginning is as the rest, with the choice of the
            cut-off allowed for.
        mean_before, mean_after: of the values up to there and after, in their unit; ``mean_before``
            is None where nothing is cut off.
        settled: False where the best cut-off is the last one that was looked at, the middle: the
            series never came to rest.
    """

    values: int
    p_value: float
    mean_before: float | None
    mean_after: float
    settled: bool

    @property
    def present(self) -> bool:
        """Whether the beginning is unlike the rest."""
        return self.values > 0


def warm_up(values: ArrayLike | LongSeries, *, level: float = 0.05) -> WarmUp:
    """Where MSER-5 would truncate (White, Cobb and Spratt, *A Comparison of Five Steady-State
    Truncation Heuristics for Simulation*, 2000), if what it would cut off differs at all.

    MSER-5 always names a cut-off; it counts here only where the means on both sides differ at
    ``level`` beyond what the autocorrelation allows. All of it is of the values' ranks: one slow
    request is an outlier, which neither is a warm-up nor may hide one. What drifts all through is
    `stability`'s to find.
    Fewer than 50 values, and equal ones, have no warm-up.
    Of more than 65,536 the means of neighbours are looked at.
    Nothing is left out: that is the caller's choice.

    Raises:
        what `sample` and `share` raise.
    """
    x = values if isinstance(values, LongSeries) else sample(values)
    share(level, name="level")
    none = WarmUp(values=0, p_value=1.0, mean_before=None, mean_after=float(x.mean()), settled=True)
    if x.size < _FEWEST or x.min() == x.max():
        return none
    kept, step = coarse(x)
    batches = _batches(ranks_of(kept))
    cut, last = _mser(batches)
    if cut == 0:
        return none
    p_value = _p_value(batches, cut)
    if p_value >= level:
        return WarmUp(
            values=0, p_value=p_value, mean_before=None, mean_after=none.mean_after, settled=True
        )
    values_cut = cut * _BATCH * step
    return WarmUp(
        values=values_cut,
        p_value=p_value,
        mean_before=float(x[:values_cut].mean()),
        mean_after=float(x[values_cut:].mean()),
        settled=cut < last,
    )


def _batches(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of five at a time; what makes no whole batch is left out at the end."""
    means: NDArray[np.float64] = x[: x.size // _BATCH * _BATCH].reshape(-1, _BATCH).mean(axis=1)
    return means


def _p_value(ranks: NDArray[np.float64], cut: int) -> float:
    before, after = ranks[:cut], ranks[cut:]
    time = max(time_of(after), _time_of_neighbours(after))
    spread = float(after.var(ddof=1)) * time
    if spread == 0:  # all equal once it has settled: then what both sides vary by
        spread = float(ranks.var(ddof=1))
    z = (before.mean() - after.mean()) / math.sqrt(spread * (1 / before.size + 1 / after.size))
    return min(1.0, 2 * t_cdf(-abs(float(z)), max(1.0, after.size / time - 1)) * _LOOKS)


def _time_of_neighbours(x: NDArray[np.float64]) -> float:
    """The autocorrelation time, were all of it the first lag's.

    A short series shows too little of its autocorrelation, as its own mean follows it; the first
    lag's bias is known (Kendall, 1954) and added back.
    """
    centred = x - x.mean()
    squares = float((centred**2).sum())
    if squares == 0:
        return 1.0
    lagged = float((centred[1:] * centred[:-1]).sum()) / squares
    corrected = min(lagged + (1 + 3 * lagged) / x.size, _HIGHEST)
    return max(1.0, (1 + corrected) / (1 - corrected))


def _mser(batches: NDArray[np.float64]) -> tuple[int, int]:
    """The cut-off with the least standard error of what is left, and the last one allowed."""
    centred = batches - batches.mean()
    left = np.arange(batches.size, 0, -1)
    sums = np.cumsum(centred[::-1])[::-1]
    squares = np.cumsum(centred[::-1] ** 2)[::-1]
    errors = (squares - sums**2 / left) / left.astype(np.float64) ** 2
    last = batches.size // 2
    return int(np.argmin(errors[: last + 1])), last
