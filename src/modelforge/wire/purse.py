"""A worker's part of a benchmark's limit of costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from modelforge.benchmark.workload import Ask
from modelforge.core.generation import Generation
from modelforge.pricing.allowance import Allowance, Price
from modelforge.pricing.tariff import Terms
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Allotment:
    """What one worker may spend, and what the model costs."""

    limit_usd: Decimal
    terms: Terms


class Purse:
    """Sets money aside before a request is sent, and takes back what it did not cost.

    Workers do not know of each other: each has a part of the limit for itself, and what one does
    not need no other gets.

    Attributes:
        stopped: why nothing more may be sent; None as long as something may.
    """

    def __init__(self, allotment: Allotment, generation: Generation) -> None:
        self.stopped: str | None = None
        self._allowance = Allowance(allotment.limit_usd)
        self._price = Price(allotment.terms, generation)

    def reserve(self, ask: Ask) -> bool:
        """Set aside the most that ``ask`` can cost; False where that is not free now."""
        return self.stopped is None and self._allowance.reserve(self._most(ask))

    def pay_again(self, ask: Ask) -> bool:
        """Set aside for ``ask`` once more: what became of it is not known, and it is taken to have
        cost the most it can. False, and the first stays set aside, where that is not free now.
        """
        if not self.reserve(ask):
            return False
        most_usd = self._most(ask)
        self._allowance.settle(most_usd, most_usd or Decimal(0))
        return True

    def settle(self, exchange: Exchange, reading: Reading) -> None:
        """An exchange that was reserved for is over."""
        most_usd = self._most(exchange.ask)
        self._allowance.settle(most_usd, self._price.spent(reading.usage, reading.error, most_usd))

    def _most(self, ask: Ask) -> Decimal | None:
        return self._price.most(ask.prompt, ask.max_tokens)

    def stop(self) -> None:
        """Nothing is under way that could give anything back: nothing more may be sent."""
        self.stopped = self._allowance.reached
