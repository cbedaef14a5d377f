"""The mean of values that come in clusters: prompts of one document, turns of one conversation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.core.errors import OutOfRange
from modelforge.stats.distributions import normal_cdf, t_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.mean import constant, from_error
from modelforge.stats.proportion import wilson
from modelforge.stats.quantile_interval import at_share, from_ordered
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
    error = _error(x, index, count)
    return from_error(
        point,
        error,
        df=count - 1,
        n=x.size,
        level=level,
        method=f"cluster-robust, {count} clusters",
    )


def clustered_quantile(
    values: ArrayLike, clusters: ArrayLike, q: float, *, level: float = 0.95
) -> Estimate:
    """The ``q`` quantile of clustered values, between order statistics (Woodruff, 1952).

    The cluster-robust error of the share of values below the quantile says how many independent
    values the sample is worth; the ranks are those of so many, at the level of Student's t with
    ``G - 1`` degrees of freedom.

    Raises:
        as `clustered_mean`; OutOfRange: ``q`` is not between 0 and 1.
    """
    x = sample(values, at_least=2)
    share(level, name="level")
    share(q, name="q")
    index, count = groups(clusters, n=x.size)
    ordered = np.sort(x)
    below = (x <= at_share(ordered, q)).astype(np.float64)
    independent = float(below.var())
    worth = float(count)  # where all fall on one side, the clusters are all that is known
    if independent > 0:
        error = _error(below, index, count)
        worth = min(max(independent / error**2, 1.0), x.size) if error > 0 else float(x.size)
    wider = min(2 * normal_cdf(t_quantile((1 + level) / 2, count - 1)) - 1, 1 - 1e-12)
    made = from_ordered(
        ordered,
        q,
        effective_n=worth,
        level=wider,
        method=f"order statistics worth {worth:.0f} independent values ({count} clusters)",
    )
    return replace(made, interval=replace(made.interval, level=level))


def clustered_share(
    values: ArrayLike, clusters: ArrayLike | None = None, *, level: float = 0.95
) -> Estimate:
    """The mean of shares, 0 to 1 each: how often a prompt was passed, over its repeats.

    Wilson's interval for as many independent outcomes as the spread between prompts (or clusters)
    shows them to be worth (Korn and Graubard, *Confidence Intervals for Proportions with Small
    Expected Number of Positive Counts*, 1998). Where all are the same, each prompt or cluster
    counts as one.

    Raises:
        OutOfRange: a value is not within 0 and 1; and as `clustered_mean`, but that one value will
        do without clusters.
    """
    x = sample(values, at_least=1)
    share(level, name="level")
    if x.min() < 0 or x.max() > 1:
        raise OutOfRange(f"a share lies within 0 and 1; there are {x.min()} and {x.max()}")
    if clusters is None:
        index, count = np.arange(x.size), x.size
    else:
        index, count = groups(clusters, n=x.size)
    p = float(x.mean())
    if clusters is None and np.isin(x, (0.0, 1.0)).all():
        return wilson(p, float(x.size), n=x.size, level=level)
    worth = float(count)
    if np.ptp(x) > 0 and (error := _error(x, index, count)) > 0:
        worth = max(1.0, p * (1 - p) / error**2)
    return wilson(p, worth, n=x.size, level=level)


def _error(x: NDArray[np.float64], index: NDArray[np.intp], count: int) -> float:
    """Of the mean, robust to clusters."""
    sums = np.bincount(index, weights=x - x.mean(), minlength=count)
    return math.sqrt(count / (count - 1) * float((sums**2).sum())) / x.size
