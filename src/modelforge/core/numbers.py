"""What a number must be for a load to make sense."""

from __future__ import annotations

import math
from typing import Final

from modelforge.core.errors import UsageError

LARGEST: Final = 1e120
"""Beyond it squares and their sums overflow; nothing that is measured comes near."""


def require_between(name: str, value: float, low: float, high: float) -> None:
    """Refuse a ``value`` that is not from ``low`` to ``high``, both included.

    Raises:
        UsageError: it is not, or it is no number (NaN).
    """
    if not low <= value <= high:
        raise UsageError(f"{name} must be from {low:g} to {high:g}, not {value:g}")


def require_seconds(name: str, value_s: float, *, zero: bool = False) -> None:
    """Refuse a time that is infinite, negative or, unless ``zero`` is allowed, 0.

    Raises:
        UsageError: it is one.
    """
    if not (0 < value_s < math.inf or (zero and value_s == 0)):
        least = "0 s or more" if zero else "above 0 s"
        raise UsageError(f"{name} must be {least} and finite, not {value_s:g}")


MOST_THINGS: Final = 10**9
"""More requests, clients or runs than anybody waits for; some of what counts them has 40 bits."""


def require_count(name: str, value: int, least: int, *, most: int | None = None) -> None:
    """Refuse what is below ``least``, above ``most``, or no whole number.

    Raises:
        UsageError: it is one.
    """
    if type(value) is not int or value < least:
        raise UsageError(f"{name} must be a whole number of at least {least}, not {value!r}")
    if most is not None and value > most:
        raise UsageError(f"{name} must be {most:,} at most, not {value}")
