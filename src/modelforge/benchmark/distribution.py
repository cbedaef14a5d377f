"""A measure over many requests in a few figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.stats.histogram import LogHistogram
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
    def of(cls, values: NDArray[np.float64]) -> Distribution:
        """Exact figures of ``values``, which are sorted in place."""
        if not values.size:
            return cls()
        mean = float(values.mean())
        values.sort()
        p50, p90, p95, p99, p99_9 = quantiles_of_sorted(values, tuple(PERCENTILES.values()))
        low, high = float(values[0]), float(values[-1])
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
    def of_weighted(cls, values: NDArray[np.float64], weights: NDArray[np.int32]) -> Distribution:
        """The figures where value ``i`` stands for ``weights[i]`` (above 0) equal ones.

        ``count`` is the sum of the weights; a percentile is the smallest value below or at which
        that share of the weight lies.
        """
        if not values.size:
            return cls()
        total = int(weights.sum(dtype=np.int64))
        mean = float(np.einsum("i,i->", values, weights)) / total
        order = np.argsort(values)
        reached = np.cumsum(weights[order], dtype=np.int64)

        def at(q: float) -> float:
            place = int(np.searchsorted(reached, q * total))
            return float(values[order[min(place, values.size - 1)]])

        return cls(
            count=total,
            mean=mean,
            min=float(values[order[0]]),
            max=float(values[order[-1]]),
            **{name: at(q) for name, q in PERCENTILES.items()},
        )
