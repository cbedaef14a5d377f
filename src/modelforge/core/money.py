"""Dollars, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Money:
    """An amount of US dollars, exact; never a float."""

    usd: Decimal

    def __add__(self, other: Money) -> Money:
        return Money(usd=self.usd + other.usd)
