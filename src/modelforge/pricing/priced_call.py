"""A usage priced, with all that its price rests on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from modelforge.core.money import Money
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import Charge, charge
from modelforge.pricing.component import Component
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Tariff


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceRange:
    """What the same usage costs by the lists that disagree; ``sources`` are the other lists."""

    low: Money
    high: Money
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedCall:
    """The total of ``requests`` requests at a quote.

    ``range`` is None where every list that is known says the same.
    """

    quote: Quote
    usage: BilledUsage
    requests: int
    charge: Charge
    range: PriceRange | None

    @classmethod
    def of(cls, quote: Quote, usage: BilledUsage, *, requests: int = 1) -> Self:
        """Price ``usage`` at ``quote``.

        Raises:
            UsageError: ``requests`` is not at least 1.
        """
        bill = charge(usage, quote.terms, requests=requests)
        return cls(
            quote=quote,
            usage=usage,
            requests=requests,
            charge=bill,
            range=_range(quote, usage, requests, bill),
        )


def _range(quote: Quote, usage: BilledUsage, requests: int, bill: Charge) -> PriceRange | None:
    """Only where the disputed rates are those that were charged: no tier, no other mode."""
    tariff, ours = quote.terms, bill.full_cost
    if not isinstance(tariff, Tariff) or ours is None or bill.above_tokens is not None:
        return None
    theirs: dict[str, dict[Component, Decimal]] = {}
    for other in quote.disputed:
        if tariff.rates.of(other.component) == other.ours and usage.part(other.component):
            theirs.setdefault(other.source, {})[other.component] = other.rate
    costs = [ours]
    for rates in theirs.values():
        changed = replace(tariff, rates=tariff.rates.replaced(rates))
        other_cost = charge(usage, changed, requests=requests).full_cost
        if other_cost is not None:
            costs.append(other_cost)
    low, high = min(costs), max(costs)
    return None if low == high else PriceRange(low=low, high=high, sources=tuple(theirs))
