"""Whether a run stayed the same from its beginning to its end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.autocorrelation import coarse, ranks_of, time_of
from modelforge.stats.batches import batch_count, batch_means
from modelforge.stats.long_series import LongSeries
from modelforge.stats.sample import sample, share

_FEWEST = 40
_PERMUTATIONS = 1999
_LEAST_UNSHARED = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Stability:
    """Whether and how the values of a series changed over it.

    Attributes:
        kind: ``steady`` (no change was found), ``level shift`` (from one level to another at once)
            or ``drift`` (little by little).
        p_value: of the hypothesis that nothing changed.
        at: how many values lie before the change; None where it is steady. For a drift, its middle.
        median_before, median_after: of the values on both sides of ``at``, in their unit; None
        where steady.
    """

    kind: Literal["steady", "level shift", "drift"]
    p_value: float
    at: int | None
    median_before: float | None
    median_after: float | None


def stability(
    values: ArrayLike | LongSeries, *, rng: np.random.Generator, level: float = 0.05
) -> Stability:
    """A test for one change: the largest cumulative sum of the ranks' deviations (Pettitt, 1979).

    Neighbours are gathered in batches that are long beside the autocorrelation time, and how
    large the sum is by chance is learnt by permuting the batches (Antoch and Hušková, 2001); what
    short ones still share is allowed for. What is found is a level shift where a step fits the
    batches better, and a drift where a straight line does. Fewer than 40 values, and equal ones,
    are steady. Of more than 65,536 the means of neighbours are looked at.

    Raises:
        what `sample` and `share` raise.
    """
    x = values if isinstance(values, LongSeries) else sample(values)
    share(level, name="level")
    if x.size < _FEWEST or x.min() == x.max():
        return _steady(1.0)
    kept, step = coarse(x)
    ranks = ranks_of(kept)
    time = _time_beside_a_step(ranks)
    count = batch_count(kept.size, time)
    batches = batch_means(ranks, count)
    largest, at = _cumulative(batches[np.newaxis])
    reached = largest[0] * _unshared(time, kept.size // count) * (1 - 1e-9)
    permuted = rng.permuted(np.tile(batches, (_PERMUTATIONS, 1)), axis=1)
    exceeding = np.count_nonzero(_cumulative(permuted)[0] >= reached)
    p_value = (1 + int(exceeding)) / (1 + _PERMUTATIONS)
    if p_value >= level:
        return _steady(p_value)
    length = kept.size // count
    split = step * (kept.size - length * count + length * int(at[0]))
    return Stability(
        kind="level shift" if _step_fits_better(batches, int(at[0])) else "drift",
        p_value=p_value,
        at=split,
        median_before=_median(x[:split]),
        median_after=_median(x[split:]),
    )


def _median(x: NDArray[np.float64] | LongSeries) -> float:
    if not isinstance(x, LongSeries):
        return float(np.median(x))
    middle = (x.size - 1) // 2, x.size // 2
    found = x.select(middle)
    return (found[middle[0]] + found[middle[1]]) / 2


def _steady(p_value: float) -> Stability:
    return Stability(kind="steady", p_value=p_value, at=None, median_before=None, median_after=None)


def _cumulative(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The largest sum of deviations in each row, and how many values lie before it."""
    sums = np.abs(np.cumsum(rows - rows.mean(axis=1, keepdims=True), axis=1)[:, :-1])
    at = sums.argmax(axis=1)
    return np.take_along_axis(sums, at[:, np.newaxis], axis=1)[:, 0], at + 1


def _unshared(time: float, length: int) -> float:
    """What to hold the sum of batches against their permutations by, 1 for long batches.

    Batches of few autocorrelation times are themselves alike, and vary less than their sums do:
    by ``1 - (time - 1 / time) / (2 * length)`` where correlations fall geometrically.
    """
    return math.sqrt(max(1 - (time - 1 / time) / (2 * length), _LEAST_UNSHARED))


def _time_beside_a_step(ranks: NDArray[np.float64]) -> float:
    """The autocorrelation time, were the best step taken out: a shift is no correlation."""
    _, at = _cumulative(ranks[np.newaxis])
    split = int(at[0])
    rest = np.concatenate(
        (ranks[:split] - ranks[:split].mean(), ranks[split:] - ranks[split:].mean())
    )
    return time_of(rest)


def _step_fits_better(batches: NDArray[np.float64], at: int) -> bool:
    step = float(batches[:at].var() * at + batches[at:].var() * (batches.size - at))
    places = np.arange(batches.size) - (batches.size - 1) / 2
    slope = float((places * batches).sum() / (places**2).sum())
    line = float(((batches - batches.mean() - slope * places) ** 2).sum())
    return step <= line
