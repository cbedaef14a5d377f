"""A server's histogram: counts below edges, from which a quantile is known to its bucket."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, kw_only=True, slots=True)
class BucketQuantile:
    """A quantile: ``value`` by linear interpolation, surely from ``low`` to ``high``.

    ``high`` is infinite, and ``value`` the edge below, where it fell above the last edge.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerHistogram:
    """How many values were at most each edge, in the metric's unit; the last edge is infinite."""

    below: Mapping[float, float]
    total: float

    @property
    def count(self) -> float:
        """How many values there were."""
        return self.below.get(math.inf, 0.0)

    @property
    def mean(self) -> float | None:
        """Exact; None of nothing."""
        return self.total / self.count if self.count else None

    def since(self, earlier: ServerHistogram | None) -> ServerHistogram | None:
        """What was added after ``earlier``; all of it where there is no earlier one.

        None where the server began anew between the two: a count fell.
        """
        if earlier is None:
            return self
        added = {edge: count - earlier.below.get(edge, 0.0) for edge, count in self.below.items()}
        ascending = [added[edge] for edge in sorted(added)]
        if min(ascending, default=0) < 0 or any(one > two for one, two in pairwise(ascending)):
            return None
        return ServerHistogram(below=added, total=self.total - earlier.total)

    def quantile(self, q: float) -> BucketQuantile | None:
        """The quantile ``q``; None of nothing.

        Interpolated within its bucket as Prometheus' ``histogram_quantile`` does, from 0 in the
        first: nothing measured here is negative.
        """
        if not self.count:
            return None
        rank = q * self.count
        low, passed = 0.0, 0.0
        for edge in sorted(self.below):
            reached = self.below[edge]
            if reached >= rank and reached > passed:
                if math.isinf(edge):
                    return BucketQuantile(value=low, low=low, high=edge)
                share = max(0.0, rank - passed) / (reached - passed)
                return BucketQuantile(value=low + share * (edge - low), low=low, high=edge)
            low, passed = (edge, reached) if not math.isinf(edge) else (low, reached)
        return None
