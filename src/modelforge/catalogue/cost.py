"""What a provider lists as a model's price."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedPrice:
    """US dollars per million tokens, as listed; None: not listed, which is not zero."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None

    @property
    def free(self) -> bool:
        """Input and output are listed, both at zero."""
        return self.input == 0 and self.output == 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """The price of a request whose prompt is longer than ``above_tokens``."""

    above_tokens: int
    price: ListedPrice


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """The price of a request, and the tiers that replace it, the lowest threshold first."""

    price: ListedPrice
    tiers: tuple[Tier, ...] = ()


PRICE_FIELDS = tuple(field.name for field in fields(ListedPrice))
