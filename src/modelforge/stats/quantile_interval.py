"""Quantiles of independent values, with intervals that assume no distribution."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from modelforge.stats.distributions import normal_quantile, order_below
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.quantiles import Sorted, quantiles_of_sorted
from modelforge.stats.sample import sample, share


def quantile_estimate(values: ArrayLike, q: float, *, level: float = 0.95) -> Estimate:
    """The ``q`` quantile (Hyndman and Fan's type 7) with an interval between order statistics.

    How many values lie below the true quantile is binomial whatever the distribution is (David
    and Nagaraja, *Order Statistics*, 2003, section 7.1); ranks between two values are
    interpolated (Hettmansperger and Sheather, 1986). Where there are too few values beyond the
    quantile an end is infinite and the other one is one-sided, at the same level: `values_needed`
    says how many it takes.

    Raises:
        OutOfRange: ``q`` or ``level`` is not between 0 and 1; and what `sample` raises.
    """
    return quantile_estimates(values, (q,), level=level)[0]


def quantile_estimates(
    values: ArrayLike, qs: Iterable[float], *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """`quantile_estimate` for each of ``qs``, sorting once."""
    ordered = np.sort(sample(values))
    share(level, name="level")
    return tuple(
        from_ordered(ordered, share(q, name="q"), effective_n=ordered.size, level=level) for q in qs
    )


def from_ordered(
    ordered: Sorted,
    q: float,
    *,
    effective_n: float,
    level: float,
    method: str = "order statistics",
) -> Estimate:
    """The same of sorted values that are worth ``effective_n`` independent ones."""
    low_share, high_share = _shares(effective_n, q, level)
    low = -math.inf if low_share is None else at_share(ordered, low_share)
    high = math.inf if high_share is None else at_share(ordered, high_share)
    bounded = math.isfinite(low) and math.isfinite(high)
    return Estimate(
        point=quantiles_of_sorted(ordered, (q,))[0] or 0.0,
        interval=Interval(low=low, high=high, level=level),
        standard_error=(high - low) / (2 * normal_quantile((1 + level) / 2)) if bounded else None,
        method=method if bounded else f"{method}; too few values for both ends",
        n=ordered.size,
    )


def values_needed(q: float, *, level: float = 0.95) -> int:
    """How many independent values give the ``q`` quantile an interval with two finite ends."""
    share(q, name="q")
    rarest = min(q, 1 - q)
    return math.ceil(math.log((1 - share(level, name="level")) / 2) / math.log1p(-rarest))


def places_read(size: int, q: float, *, effective_n: float, level: float) -> Iterator[int]:
    """The places of the sorted values that `from_ordered` looks at."""
    below = int(q * (size - 1))
    yield from (below, below + 1)
    for reached in _shares(effective_n, q, level):
        if reached is not None:
            yield from places_of_share(size, reached)


def places_of_share(size: int, p: float) -> tuple[int, int]:
    """The places of the sorted values that `at_share` looks at."""
    whole = int(_rank(size, p))
    return whole - 1, min(whole, size - 1)


def at_share(ordered: Sorted, p: float) -> float:
    """The value at rank ``p * (n + 1)`` of sorted values, interpolated and held within them."""
    rank = _rank(ordered.size, p)
    below, above = (float(ordered[place]) for place in places_of_share(ordered.size, p))
    return below + (above - below) * (rank - int(rank))


def _rank(size: int, p: float) -> float:
    return min(max(p * (size + 1), 1.0), float(size))


def _shares(n: float, q: float, level: float) -> tuple[float | None, float | None]:
    """The shares of values below both ends; None where there is no such end."""
    low, high = _ranks(n, q, level)
    return (low / (n + 1) if low > 0 else None), (high / (n + 1) if high <= n else None)


def _ranks(n: float, q: float, level: float) -> tuple[float, float]:
    """The ranks of both ends; below 1 or above ``n`` where there is no such end."""
    miss = (1 - level) / 2
    low, high = order_below(n, q, miss), n + 1 - order_below(n, 1 - q, miss)
    if low <= 0 < order_below(n, 1 - q, 1 - level):
        return 0.0, n + 1 - order_below(n, 1 - q, 1 - level)
    if high > n and order_below(n, q, 1 - level) > 0:
        return order_below(n, q, 1 - level), n + 1
    return low, high
