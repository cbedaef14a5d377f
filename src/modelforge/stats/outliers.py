"""Values far from the others: counted and named, never dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.stats.long_series import LongSeries, quantiles_of_series
from modelforge.stats.sample import sample

_MAD_LIMIT = 3.5
_MAD_OF_NORMAL = 0.6744897501960817

Place = Literal["low severe", "low mild", "inside", "high mild", "high severe"]
_PLACES: tuple[Place, ...] = ("low severe", "low mild", "inside", "high mild", "high severe")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outliers:
    """How many values lie beyond Tukey's fences, and beyond 3.5 scaled median deviations.

    Attributes:
        low_severe, low_mild, high_mild, high_severe: counts. Mild is more than 1.5 interquartile
            ranges outside of the quartiles and at most 3, severe is more than 3.
        fences: the four limits in the unit of the values, from the lowest to the highest.
        by_median_deviation: values with a modified z score above 3.5 either way; None where half
            of the values are equal, as then it has no scale.
        n: all values.
    """

    low_severe: int
    low_mild: int
    high_mild: int
    high_severe: int
    fences: tuple[float, float, float, float]
    by_median_deviation: int | None
    n: int

    @property
    def count(self) -> int:
        """Values beyond a fence."""
        return self.low_severe + self.low_mild + self.high_mild + self.high_severe

    def place(self, value: float) -> Place:
        """Where ``value`` lies; a value on a fence is on the inner side of it."""
        return _PLACES[int(_places(np.array([value]), self.fences)[0])]


def outliers(values: ArrayLike | LongSeries) -> Outliers:
    """Classify values by Tukey's fences (*Exploratory Data Analysis*, 1977) and by the median
    absolute deviation (Iglewicz and Hoaglin, *How to Detect and Handle Outliers*, 1993).

    Equal values have no outliers.

    Raises:
        what `sample` raises.
    """
    x = values if isinstance(values, LongSeries) else LongSeries.of(sample(values))
    first, middle, third = (v or 0.0 for v in quantiles_of_series(x, (0.25, 0.5, 0.75)))
    range_ = third - first
    fences = (first - 3 * range_, first - 1.5 * range_, third + 1.5 * range_, third + 3 * range_)
    counts = np.zeros(len(_PLACES), dtype=np.int64)
    for part in x.parts():
        counts += np.bincount(_places(part, fences), minlength=len(_PLACES))
    away = x.mapped(lambda part: np.abs(part - middle))
    deviation = quantiles_of_series(away, (0.5,))[0] or 0.0
    beyond = sum(
        int(np.count_nonzero(_MAD_OF_NORMAL * part > _MAD_LIMIT * deviation))
        for part in away.parts()
    )
    return Outliers(
        low_severe=int(counts[0]),
        low_mild=int(counts[1]),
        high_mild=int(counts[3]),
        high_severe=int(counts[4]),
        fences=fences,
        by_median_deviation=beyond if deviation > 0 else None,
        n=x.size,
    )


def _places(x: NDArray[np.float64], fences: tuple[float, float, float, float]) -> NDArray[np.intp]:
    low_severe, low_mild, high_mild, high_severe = fences
    inside: NDArray[np.intp] = (
        2 - (x < low_mild).astype(np.intp) - (x < low_severe) + (x > high_mild) + (x > high_severe)
    )
    return inside
