"""The mean of values that come in clusters: prompts of one document, turns of one conversation."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from modelforge.stats.estimate import Estimate
from modelforge.stats.mean import constant, from_error
from modelforge.stats.sample import groups, sample, share


def clustered_mean(values: ArrayLike, clusters: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The mean over all values with a cluster-robust standard error.

    The deviations are summed within each cluster before they are squared (Liang and Zeger, 1986),
    times ``G / (G - 1)``, and Student's t has ``G - 1`` degrees of freedom for ``G`` clusters
    (Cameron and Miller, 2015): repeating rows within clusters adds nothing. Every value weighs
    the same, so a large cluster weighs more than a small one.

    Raises:
        LengthsDiffer: not one label for each value. TooFewValues: fewer than two clusters.
        And what `sample` and `share` raise.
    """
    x = sample(values, at_least=2)
    share(level, name="level")
    index, count = groups(clusters, n=x.size)
    point = float(x.mean())
    if np.ptp(x) == 0:
        return constant(float(x[0]), n=x.size, level=level)
    sums = np.bincount(index, weights=x - point, minlength=count)
    error = math.sqrt(count / (count - 1) * float((sums**2).sum())) / x.size
    return from_error(
        point,
        error,
        df=count - 1,
        n=x.size,
        level=level,
        method=f"cluster-robust, {count} clusters",
    )
