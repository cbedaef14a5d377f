"""What a provider asks for a million tokens."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """US dollars per million tokens.

    ``cache_read`` prices the part of the prompt that was read from a cache, ``cache_write`` the
    part that was written to one, and ``reasoning`` the reasoning part of the output; None means
    that part costs what the whole costs. ``tiers`` replace all of it for longer prompts, the
    lowest threshold first. ``note`` is what a reader of the cost must know.
    """

    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    tiers: tuple[RateTier, ...] = ()
    note: str | None = None

    def for_prompt(self, tokens: int) -> PriceList:
        """The prices of a request whose prompt is of so many tokens."""
        reached = [tier.prices for tier in self.tiers if tokens > tier.above_tokens]
        return reached[-1] if reached else self


@dataclass(frozen=True, kw_only=True, slots=True)
class NoRates:
    """No price is known, and why. This is not a price of zero."""

    reason: str


PriceList = Rates | NoRates


@dataclass(frozen=True, kw_only=True, slots=True)
class RateTier:
    """The prices of a request whose prompt is longer than ``above_tokens``."""

    above_tokens: int
    prices: PriceList
