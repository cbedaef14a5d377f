"""A number with what is known about its error."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.stats.interval import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """One statistic of a sample.

    Attributes:
        point: the estimate, in the unit of the values.
        interval: in the same unit.
        standard_error: in the same unit; None where the method has none that means anything.
        method: how the interval was made, to be shown beside it.
        n: the values it comes from.
    """

    point: float
    interval: Interval
    standard_error: float | None
    method: str
    n: int
