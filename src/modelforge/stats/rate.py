"""Requests or tokens a second, with what is known about the error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.core.errors import LengthsDiffer, OutOfRange, TooFewValues
from modelforge.stats.batches import batch_means
from modelforge.stats.estimate import Estimate
from modelforge.stats.mean import constant, from_error
from modelforge.stats.sample import sample, share

_MOST, _FEWEST = 32, 8
_EVENTS_A_BATCH = 5


def rate(
    times_s: ArrayLike,
    *,
    start_s: float,
    end_s: float,
    amounts: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """What happened a second between ``start_s`` and ``end_s``, by the means of batches of time.

    ``times_s`` are the moments something was done, in any order; those outside of the span do not
    count. ``amounts`` is how much it was each time (tokens, bytes); without it, 1. The span is
    cut into equal batches, halved in number while neighbours still correlate (Law, 2015, section
    9.5.3).

    Raises:
        OutOfRange: the span is empty. LengthsDiffer: not one amount for each time.
        TooFewValues: fewer than 40 events in the span. And what `sample` and `share` raise.
    """
    at = sample(times_s, name="times_s")
    weights = np.ones(at.size) if amounts is None else sample(amounts, name="amounts")
    if weights.size != at.size:
        raise LengthsDiffer(f"{at.size} times and {weights.size} amounts")
    return rate_of_parts(lambda: [(at, weights)], start_s=start_s, end_s=end_s, level=level)


def rate_of_parts(
    again: Callable[[], Iterable[tuple[NDArray[np.float64], NDArray[np.float64]]]],
    *,
    start_s: float,
    end_s: float,
    level: float = 0.95,
) -> Estimate:
    """`rate` of moments and amounts that come in parts, each time ``again`` is called.

    Raises:
        OutOfRange: the span is empty. TooFewValues: fewer than 40 events in it. And what `share`
            raises.
    """
    share(level, name="level")
    if not (math.isfinite(start_s) and math.isfinite(end_s) and start_s < end_s):
        raise OutOfRange(f"a span from {start_s} s to {end_s} s has no length")
    events = sum(int(np.count_nonzero((at >= start_s) & (at < end_s))) for at, _ in again())
    if events < _FEWEST * _EVENTS_A_BATCH:
        raise TooFewValues(f"a rate needs {_FEWEST * _EVENTS_A_BATCH} events, and has {events}")
    most = min(_MOST, 1 << int(math.log2(events // _EVENTS_A_BATCH)))
    sums = np.zeros(most)
    for at, amounts in again():
        inside = (at >= start_s) & (at < end_s)
        sums += np.histogram(
            at[inside], bins=most, range=(start_s, end_s), weights=amounts[inside]
        )[0]
    batches = _independent(sums * most / (end_s - start_s))
    point = float(batches.mean())
    if np.ptp(batches) == 0:
        return constant(point, n=events, level=level)
    return from_error(
        point,
        float(batches.std(ddof=1)) / math.sqrt(batches.size),
        df=batches.size - 1,
        n=events,
        level=level,
        method=f"{batches.size} batches of {(end_s - start_s) / batches.size:.3g} s",
    )


def _independent(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Neighbours joined until they correlate no more than chance does."""
    while rates.size > _FEWEST and np.ptp(rates) > 0:
        centred = rates - rates.mean()
        lagged = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
        if abs(lagged) < 1 / math.sqrt(rates.size):
            break
        rates = batch_means(rates, rates.size // 2)
    return rates
