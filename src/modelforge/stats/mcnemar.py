"""Two models' passes and fails on the same prompts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from modelforge.core.errors import LengthsDiffer
from modelforge.stats.distributions import binomial_cdf, normal_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.sample import passes, share, whole


@dataclass(frozen=True, kw_only=True, slots=True)
class PassFail:
    """How often two models passed together and alone.

    Attributes:
        both, first_only, second_only, neither: counts of prompts.
        difference: the share that the first passes minus the second's, -1 to 1.
        p_value: of McNemar's exact test, two-sided.
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    difference: Estimate
    p_value: float

    @property
    def discordant(self) -> int:
        """Prompts that one of them passes and the other does not: all that tells them apart."""
        return self.first_only + self.second_only


def mcnemar(first: ArrayLike, second: ArrayLike, *, level: float = 0.95) -> PassFail:
    """Compare passes (1 or True) and fails (0 or False) on the same prompts.

    The p value is exact binomial (McNemar, 1947). The interval is Bonett and Price's (*Adjusted
    Wald Confidence Interval for a Difference of Binomial Proportions Based on Paired Data*,
    2012), which has a width even where the models never differ.

    Raises:
        LengthsDiffer; OutOfRange: a value is neither 0 nor 1. And what `sample` and `share` raise.
    """
    a, b = passes(first, name="the first outcomes"), passes(second, name="the second outcomes")
    if a.size != b.size:
        raise LengthsDiffer(f"pairs are needed: {a.size} first outcomes and {b.size} second ones")
    share(level, name="level")
    only_a, only_b = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(~a & b))
    return PassFail(
        both=int(np.count_nonzero(a & b)),
        first_only=only_a,
        second_only=only_b,
        neither=int(np.count_nonzero(~a & ~b)),
        difference=_difference(only_a, only_b, a.size, level=level),
        p_value=mcnemar_p(only_a, only_b),
    )


def mcnemar_p(first_only: int, second_only: int) -> float:
    """The exact two-sided p value of discordant prompts each way; 1 where there are none.

    Raises:
        OutOfRange: a count is negative or no whole number.
    """
    first_only = whole(first_only, name="first_only", at_least=0)
    second_only = whole(second_only, name="second_only", at_least=0)
    fewer, all_ = min(first_only, second_only), first_only + second_only
    return min(1.0, 2 * binomial_cdf(fewer, all_, 0.5)) if all_ else 1.0


def _difference(only_a: int, only_b: int, n: int, *, level: float) -> Estimate:
    p_a, p_b = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    error = math.sqrt((p_a + p_b - (p_a - p_b) ** 2) / (n + 2))
    reach = normal_quantile((1 + level) / 2) * error
    return Estimate(
        point=(only_a - only_b) / n,
        interval=Interval(
            low=max(p_a - p_b - reach, -1.0), high=min(p_a - p_b + reach, 1.0), level=level
        ),
        standard_error=error,
        method="Bonett and Price's adjusted interval",
        n=n,
    )
