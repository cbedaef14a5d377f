"""How far raters agree beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from modelforge.core.errors import ConstantSample, TooFewValues
from modelforge.stats.sample import sample

_PAIR = 2


def krippendorff_alpha(
    units: Sequence[Sequence[float]], *, metric: Literal["nominal", "interval"] = "nominal"
) -> float:
    """Krippendorff's alpha (*Computing Krippendorff's Alpha-Reliability*, 2011).

    ``units`` are the ratings each thing was given, by any number of raters in any order; what fewer
    than two rated is left out, as it says nothing of agreement. 1 is perfect agreement, 0 is
    chance, below is worse. ``nominal`` ratings differ or do not; ``interval`` ones by the square.

    Raises:
        TooFewValues: nothing was rated twice. ConstantSample: every rating is the same, so chance
        agrees as well. And what `sample` raises.
    """
    rated = [
        sample(ratings, name=f"the ratings of unit {number}")
        for number, ratings in enumerate(units)
        if len(ratings) >= _PAIR
    ]
    if not rated:
        raise TooFewValues("agreement needs something that two raters rated")
    values, codes = np.unique(np.concatenate(rated), return_inverse=True)
    if values.size == 1:
        raise ConstantSample(f"every rating is {values[0]}: chance would agree as well")
    coincidences = np.zeros((values.size, values.size))
    start = 0
    for ratings in rated:
        counts = np.bincount(codes[start : start + ratings.size], minlength=values.size)
        start += ratings.size
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (ratings.size - 1)
    apart = 1 - np.eye(values.size)
    if metric == "interval":
        apart = np.subtract.outer(values, values) / (values[-1] - values[0])
    totals = coincidences.sum(axis=0)
    expected = float((np.outer(totals, totals) * apart**2).sum()) / (float(totals.sum()) - 1)
    return 1 - float((coincidences * apart**2).sum()) / expected
