"""What a provider asks for a million tokens."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """US dollars per million tokens.

    ``cache_read`` prices the cached part of the prompt and ``reasoning`` the reasoning part of the
    output; None means that part costs what the whole costs.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    reasoning: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoRates:
    """No price is known, and why. This is not a price of zero."""

    reason: str


PriceList = Rates | NoRates
