"""Whether paired differences are centred on 0, by flipping their signs."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.distributions import normal_cdf
from modelforge.stats.sample import groups, sample, whole

_ALL_UP_TO = 14
_AT_ONCE = 4_000_000
_NORMAL_FROM = 5_000
_LARGEST_PART = 0.01
"""Of the sum of squares, in one difference: more, and the sum of flips is not normal."""


def sign_flip_p(
    differences: ArrayLike,
    *,
    rng: np.random.Generator,
    clusters: ArrayLike | None = None,
    permutations: int = 9999,
) -> float:
    """The two-sided p value of Fisher's paired permutation test (1935).

    If the two models are alike, each difference could as well have had the other sign. Up to 14
    differences all flips are tried; above, ``permutations`` random ones, counted so that the p
    value is valid (Phipson and Smyth, 2010). From 5,000 on their sum is normal, if no difference
    dwarfs the others, and is not drawn. With ``clusters`` all differences of a cluster flip
    together.

    Raises:
        LengthsDiffer: not one cluster label for each difference. TooFewValues: one cluster only.
        OutOfRange: not one permutation.
        And what `sample` raises.
    """
    d = sample(differences)
    whole(permutations, name="permutations")
    if clusters is not None:
        index, _ = groups(clusters, n=d.size)
        d = np.bincount(index, weights=d).astype(np.float64)
    d = d[d != 0]
    if d.size == 0:
        return 1.0
    d = d / np.abs(d).max()
    reached = abs(float(d.sum())) * (1 - 1e-9)
    if d.size <= _ALL_UP_TO:
        return float(np.mean(np.abs(_every_flip(d.size) @ d) >= reached))
    squares = float((d**2).sum())
    if d.size >= _NORMAL_FROM and squares * _LARGEST_PART >= 1:  # the largest is 1
        return min(1.0, 2 * normal_cdf(-abs(float(d.sum())) / math.sqrt(squares)))
    rows = max(1, _AT_ONCE // d.size)
    exceeding = 0
    for done in range(0, permutations, rows):
        flips = rng.integers(0, 2, size=(min(rows, permutations - done), d.size), dtype=np.int8)
        exceeding += int(np.count_nonzero(np.abs(2 * (flips @ d) - d.sum()) >= reached))
    return (1 + exceeding) / (1 + permutations)


def _every_flip(n: int) -> NDArray[np.float64]:
    bits = (np.arange(1 << n)[:, np.newaxis] >> np.arange(n)) & 1
    signs: NDArray[np.float64] = bits.astype(np.float64) * 2 - 1
    return signs
