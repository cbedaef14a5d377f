"""Figures of two benchmarks in words: what changed, by how much, and whether to believe it."""

from __future__ import annotations

from math import isfinite

from modelforge.benchmark.figure import Figure
from modelforge.export.measure import milliseconds, speed
from modelforge.stats.estimate import Estimate


def value(figure: Figure, number: float) -> str:
    """A figure without its unit: milliseconds, or so many a second."""
    return speed(number) if figure.statistic is None else milliseconds(number)


def change(ratio: float) -> str:
    """``+5.0 %`` of a ratio of 1.05."""
    if not isfinite(ratio):
        return "any"
    percent = 100 * (ratio - 1)
    return f"{percent:+,.0f} %" if abs(percent) >= 99.5 else f"{percent:+.1f} %"  # noqa: PLR2004 (where rounding would add a digit)


def change_between(ratio: Estimate) -> str:
    """``+1.2 to +8.9 %``: the ends of a ratio's interval as changes, as far as there are any."""
    low, high = ratio.interval.low, ratio.interval.high
    if low <= 0:
        return f"{change(high)} or less" if isfinite(high) else "any"
    if not isfinite(high):
        return f"{change(low)} or more"
    return f"{change(low).removesuffix(' %')} to {change(high)}"
