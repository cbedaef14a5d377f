"""Numbers as people read them: the right unit, and no more digits than mean something."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_MOST_DIGITS: Final = 9


def duration(seconds: float) -> str:
    """``8.5 ms``, ``85 ms``, ``0.84 s``, ``12.3 s``, ``1,204 s``: two or three digits count."""
    milliseconds = seconds * 1000
    if milliseconds < 9.95:  # noqa: PLR2004 (where rounding would add a digit)
        return f"{milliseconds:.1f} ms"
    if milliseconds < 99.5:  # noqa: PLR2004 (as above)
        return f"{milliseconds:.0f} ms"
    return f"{_three_digits(seconds)} s"


def speed(tokens_per_second: float) -> str:
    """``0``, ``0.84``, ``12.3``, ``109``, ``1,204``: without its unit."""
    return _three_digits(tokens_per_second) if tokens_per_second else "0"


def milliseconds(value: float) -> str:
    """``0.84``, ``12.3``, ``1,204``: without its unit, for a column of them."""
    return _three_digits(value) if value else "0"


def count(number: int) -> str:
    """``1,204``."""
    return f"{number:,}"


def percent(share: float) -> str:
    """``34.7``, ``99.99``, ``100`` of a share: without its sign, and never all or none by rounding.

    A share of 0.99996 is not ``100``, as one failure in 25,000 is not none.
    """
    value = 100 * share
    if value in {0.0, 100.0}:
        return f"{value:.0f}"
    digits = 1
    while digits < _MOST_DIGITS and float(f"{value:.{digits}f}") in {0.0, 100.0}:
        digits += 1
    return f"{value:.{digits}f}"


def dollars(usd: Decimal) -> str:
    """``$0``, ``$0.000123``, ``$0.0871``, ``$12.34``: cents, or three digits below $1."""
    if not usd:
        return "$0"
    if abs(usd) >= Decimal("0.9995"):
        return f"${usd:,.2f}"
    digits = f"{usd:.{2 - usd.adjusted()}f}".rstrip("0")
    return f"${digits}"


def _three_digits(value: float) -> str:
    if value < 9.995:  # noqa: PLR2004 (where rounding would add a digit)
        return f"{value:.2f}"
    if value < 99.95:  # noqa: PLR2004 (as above)
        return f"{value:.1f}"
    return f"{value:,.0f}"
