"""Dollars, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_PLACES: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Money:
    """An amount of US dollars, exact; never a float."""

    usd: Decimal

    def __str__(self) -> str:
        """Plain digits, exact, at least to a hundredth of a cent: ``0.0250``; never an exponent."""
        digits = self.usd.normalize().as_tuple().exponent
        places = max(_PLACES, -digits) if isinstance(digits, int) else _PLACES
        return f"{self.usd:.{places}f}"

    def __add__(self, other: Money) -> Money:
        return Money(usd=self.usd + other.usd)
