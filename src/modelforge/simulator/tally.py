"""Exact summaries of many durations in little memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Self

_MICRO: Final = 1_000_000


class Tally:
    """Durations counted by the microsecond.

    The mean and the largest are exact, quantiles are exact to half a microsecond; memory grows
    with the number of different microseconds, not with the number of durations.
    """

    __slots__ = ("_counts", "count", "max_s", "total_s")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self.count = 0
        self.total_s = 0.0
        self.max_s = 0.0

    def add(self, duration_s: float) -> None:
        """Count one."""
        micros = int(duration_s * _MICRO + 0.5)
        self._counts[micros] = self._counts.get(micros, 0) + 1
        self.count += 1
        self.total_s += duration_s
        if duration_s > self.max_s:  # noqa: PLR1730 (called for every token)
            self.max_s = duration_s

    def include(self, other: Self) -> None:
        """Count all that ``other`` has counted."""
        for micros, count in other._counts.items():
            self._counts[micros] = self._counts.get(micros, 0) + count
        self.count += other.count
        self.total_s += other.total_s
        self.max_s = max(self.max_s, other.max_s)

    def quantiles_s(self, levels: Sequence[float]) -> list[float]:
        """The smallest duration that at least a share ``level`` of all reaches, for each level.

        ``levels`` ascend; there is at least one duration. This is the inverse of the empirical
        distribution function (definition 1 of Hyndman and Fan, The American Statistician 1996).
        """
        ranks = [max(math.ceil(level * self.count), 1) for level in levels]
        found: list[float] = []
        seen = 0
        for micros, count in sorted(self._counts.items()):
            seen += count
            while len(found) < len(ranks) and seen >= ranks[len(found)]:
                found.append(micros / _MICRO)
        return found

    def below(self, edges_s: Sequence[float]) -> list[int]:
        """How many durations are at most each of ``edges_s``, which ascend."""
        counts = [0] * len(edges_s)
        for micros, count in self._counts.items():
            for position in range(len(edges_s) - 1, -1, -1):
                if micros > edges_s[position] * _MICRO:
                    break
                counts[position] += count
        return counts

    def document_ms(self) -> dict[str, float | int | None]:
        """``count``, ``mean``, ``p50``, ``p90``, ``p99`` and ``max`` in milliseconds.

        Without a duration all but the count are None.
        """
        if not self.count:
            return {"count": 0, "mean": None, "p50": None, "p90": None, "p99": None, "max": None}
        p50, p90, p99 = self.quantiles_s((0.5, 0.9, 0.99))
        return {
            "count": self.count,
            "mean": _ms(self.total_s / self.count),
            "p50": _ms(p50),
            "p90": _ms(p90),
            "p99": _ms(p99),
            "max": _ms(self.max_s),
        }


def _ms(duration_s: float) -> float:
    return round(duration_s * 1000, 4)
