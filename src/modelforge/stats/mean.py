"""The mean of independent values."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from modelforge.stats.distributions import t_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.sample import sample, share


def mean(values: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The mean with Student's t interval (Student, *The Probable Error of a Mean*, 1908).

    The interval of equal values is that value: their spread is 0, and ``method`` says so.

    Raises:
        TooFewValues: fewer than two values; and what `sample` and `share` raise.
    """
    x = sample(values, at_least=2)
    share(level, name="level")
    point = float(x.mean())
    error = float(x.std(ddof=1)) / math.sqrt(x.size)
    if np.ptp(x) == 0:
        return constant(float(x[0]), n=x.size, level=level)
    return from_error(point, error, df=x.size - 1, n=x.size, level=level, method="Student's t")


def from_error(
    point: float, error: float, *, df: float, n: int, level: float, method: str
) -> Estimate:
    """``point`` give or take ``error`` times Student's t with ``df`` degrees of freedom."""
    reach = t_quantile((1 + level) / 2, df) * error
    return Estimate(
        point=point,
        interval=Interval(low=point - reach, high=point + reach, level=level),
        standard_error=error,
        method=method,
        n=n,
    )


def constant(value: float, *, n: int, level: float) -> Estimate:
    """What is known of ``n`` equal values: nothing about their spread."""
    return Estimate(
        point=value,
        interval=Interval(low=value, high=value, level=level),
        standard_error=0.0,
        method=f"all {n} values are equal",
        n=n,
    )
