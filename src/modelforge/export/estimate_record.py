"""An estimate as the JSON of an export."""

from __future__ import annotations

from math import inf, isfinite
from typing import Any, Final

from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval

_DIGITS: Final = 6


def estimate_record(estimate: Estimate | None) -> dict[str, Any] | None:
    """A point with its interval; an end that the sample does not give is null."""
    if estimate is None:
        return None
    return {
        "point": significant(estimate.point),
        "low": significant(estimate.interval.low),
        "high": significant(estimate.interval.high),
        "standard_error": significant(estimate.standard_error),
        "n": estimate.n,
        "method": estimate.method,
    }


def estimate_of(record: dict[str, Any], *, level: float) -> Estimate:
    """The estimate that gave ``record``, to six digits.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    low, high, error = record["low"], record["high"], record["standard_error"]
    return Estimate(
        point=float(record["point"]),
        interval=Interval(
            low=-inf if low is None else float(low),
            high=inf if high is None else float(high),
            level=level,
        ),
        standard_error=None if error is None else float(error),
        method=str(record["method"]),
        n=int(record["n"]),
    )


def significant(value: float | None) -> float | None:
    """``value`` in six significant digits: a cost of an answer may be far below a cent."""
    if value is None or not isfinite(value):
        return None
    return float(f"{value:.{_DIGITS}g}")
