"""A measure over many requests in a few figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.stats.histogram import LogHistogram
from modelforge.stats.long_series import LongSeries, quantiles_of_series
from modelforge.stats.quantiles import quantiles_of_sorted

PERCENTILES: Final = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p99_9": 0.999}
"""The percentiles of a `Distribution`, as quantiles."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Distribution:
    """How many values there were, and where they lie; all but ``count`` None of nothing."""

    count: int = 0
    mean: float | None = None
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p99_9: float | None = None
    max: float | None = None

    @classmethod
    def of(cls, values: NDArray[np.float64] | LongSeries) -> Distribution:
        """Exact figures of ``values``; an array is sorted in place."""
        if not values.size:
            return cls()
        mean, low, high = float(values.mean()), float(values.min()), float(values.max())
        qs = tuple(PERCENTILES.values())
        if isinstance(values, LongSeries):
            found = quantiles_of_series(values, qs)
        else:
            values.sort()
            found = quantiles_of_sorted(values, qs)
        p50, p90, p95, p99, p99_9 = found
        return cls(
            count=values.size,
            mean=min(max(mean, low), high),
            min=low,
            p50=p50,
            p90=p90,
            p95=p95,
            p99=p99,
            p99_9=p99_9,
            max=high,
        )

    @classmethod
    def of_histogram(cls, histogram: LogHistogram, *, unit: float = 1.0) -> Distribution:
        """The figures of a histogram, each value divided by ``unit``; its percentiles are near."""

        def scaled(value: float | None) -> float | None:
            return None if value is None else value / unit

        return cls(
            count=histogram.count,
            mean=scaled(histogram.mean),
            min=scaled(histogram.smallest),
            max=scaled(histogram.largest),
            **{name: scaled(histogram.quantile(q)) for name, q in PERCENTILES.items()},
        )

    @classmethod
    def of_weighted(cls, values: LongSeries) -> Distribution:
        """The figures where each value stands for as many equal ones as its weight (above 0) says.

        ``count`` is the sum of the weights; a percentile is the smallest value below or at which
        that share of the weight lies.
        """
        total = values.total_weight
        ranks = {name: math.ceil(q * total) - 1 for name, q in PERCENTILES.items()}
        found = values.select(ranks.values())
        return cls(
            count=total,
            mean=values.mean(),
            min=values.min(),
            max=values.max(),
            **{name: found[rank] for name, rank in ranks.items()},
        )
