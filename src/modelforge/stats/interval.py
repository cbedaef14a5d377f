"""A range that a value lies in, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """``low`` to ``high``, in the estimate's unit, covering the truth in ``level`` of all samples.

    An end is infinite where the sample says nothing about that side: the 99th percentile of 50
    values has no upper bound. Then the other end alone holds at ``level``.
    """

    low: float
    high: float
    level: float = 0.95

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def width(self) -> float:
        """``high - low``, in the same unit."""
        return self.high - self.low
