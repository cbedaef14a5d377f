"""Shares of passes, answers, failures."""

from __future__ import annotations

import math

from modelforge.core.errors import EmptySample, OutOfRange
from modelforge.stats.distributions import normal_quantile, poisson_rate_below
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.sample import share

_RARE = 3
"""Counts from either end whose outer limit is the exact one of a Poisson count."""


def proportion(successes: int, n: int, *, level: float = 0.95) -> Estimate:
    """``successes`` of ``n`` with Wilson's score interval, modified for rare outcomes.

    Wilson (1927) covers on average what it promises, but 84 % only where p is near 1 / n. With
    the outer limit of one to three successes (or failures) taken from the Poisson distribution,
    as Brown, Cai and DasGupta advise (*Interval Estimation for a Binomial Proportion*, 2001,
    section 4.1.1), it is nowhere under 92 %. ``standard_error`` is of Wilson's centre, never 0.

    Raises:
        EmptySample: ``n`` is 0.
        OutOfRange: a count is negative, no whole number, or above ``n``; or ``level`` is no share.
    """
    share(level, name="level")
    if not (
        float(n).is_integer() and float(successes).is_integer() and 0 <= successes <= max(n, 0)
    ):
        raise OutOfRange(
            f"{successes} of {n}: counts are whole, and no more succeed than are tried"
        )
    if n == 0:
        raise EmptySample("a share of nothing: n is 0")
    return wilson(successes / n, float(n), n=int(n), level=level)


def wilson(p: float, worth: float, *, n: int, level: float) -> Estimate:
    """Wilson's interval of a share ``p`` that is worth so many independent outcomes, of ``n``."""
    z = normal_quantile((1 + level) / 2)
    centre = (p + z * z / (2 * worth)) / (1 + z * z / worth)
    reach = z * math.sqrt(p * (1 - p) / worth + z * z / (4 * worth * worth))
    reach /= 1 + z * z / worth
    low, high = max(centre - reach, 0.0), min(centre + reach, 1.0)
    successes, failures = round(p * worth), round((1 - p) * worth)
    if successes <= _RARE:
        low = min(low, poisson_rate_below(successes, 1 - level) / worth)
    if failures <= _RARE:
        high = max(high, 1 - poisson_rate_below(failures, 1 - level) / worth)
    said = "" if worth == n else f", as of {worth:.0f} independent outcomes"
    return Estimate(
        point=p,
        interval=Interval(low=max(low, 0.0), high=min(high, 1.0), level=level),
        standard_error=reach / z,
        method=f"Wilson's score, modified for rare outcomes{said}",
        n=n,
    )
