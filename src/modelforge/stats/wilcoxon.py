"""Wilcoxon's signed-rank test."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.autocorrelation import ranks_of
from modelforge.stats.distributions import normal_cdf
from modelforge.stats.sample import sample

_EXACT_UP_TO = 200


def wilcoxon_p(differences: ArrayLike) -> float:
    """The two-sided p value that paired differences are centred on 0 (Wilcoxon, 1945).

    Differences of 0 are left out. The distribution is exact, ties included, up to 200
    differences, and normal above with the correction for ties. 1 where no difference is left.

    Raises:
        what `sample` raises.
    """
    d = sample(differences)
    d = d[d != 0]
    if d.size == 0:
        return 1.0
    ranks = ranks_of(np.abs(d)) + 1
    positive = float(ranks[d > 0].sum())
    if d.size <= _EXACT_UP_TO:
        return _exact(ranks, positive)
    centre = float(ranks.sum()) / 2
    spread = math.sqrt(float((ranks**2).sum()) / 4)
    return min(1.0, 2 * normal_cdf(-abs(positive - centre) / spread))


def _exact(ranks: NDArray[np.float64], positive: float) -> float:
    """By the distribution of the sum of the doubled (so whole) ranks, each in it or not."""
    doubled = np.rint(2 * ranks).astype(int)
    chances = np.zeros(int(doubled.sum()) + 1)
    chances[0] = 1.0
    top = 0
    for rank in np.sort(doubled):
        chances[rank : top + rank + 1] += chances[: top + 1].copy()
        chances[: top + rank + 1] /= 2
        top += int(rank)
    seen = round(2 * positive)
    return min(1.0, 2 * float(min(chances[: seen + 1].sum(), chances[seen:].sum())))
