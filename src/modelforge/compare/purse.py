"""A comparison's limit of costs, shared by all its models."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from modelforge.compare.answer import Answer
from modelforge.compare.contestant import Contestant
from modelforge.core.errors import ModelForgeError
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.pricing.allowance import Allowance, Price


class Purse:
    """Sets money aside before a request is sent, and takes back what it did not cost.

    Attributes:
        stopped: why nothing more may be sent; None as long as something may.
    """

    def __init__(self, limit_usd: Decimal) -> None:
        self.stopped: str | None = None
        self._allowance = Allowance(limit_usd)
        self._changed = asyncio.Condition()

    @property
    def spent_usd(self) -> Decimal:
        """What answers cost; of requests that ended without a count, the most they can have."""
        return self._allowance.spent_usd

    async def reserve(self, most_usd: Decimal | None) -> bool:
        """Wait until the most that a request can cost is free; False: it never will be."""
        async with self._changed:
            while self.stopped is None:
                if self._allowance.reserve(most_usd):
                    return True
                if not self._allowance.reserved_usd:
                    self.stopped = self._allowance.reached
                    self._changed.notify_all()
                    break
                await self._changed.wait()
            return False

    async def settle(self, most_usd: Decimal | None, spent_usd: Decimal) -> None:
        """A request is over."""
        async with self._changed:
            self._allowance.settle(most_usd, spent_usd)
            self._changed.notify_all()


class Paying:
    """One model's requests, paid from a purse."""

    def __init__(self, purse: Purse, contestant: Contestant, generation: Generation) -> None:
        self._purse = purse
        self._price = Price(contestant.prices, generation)

    async def reserve(self, prompt: Prompt) -> Payment | None:
        """What is set aside for a request; None: it may not be sent."""
        most_usd = self._price.most(prompt, None)
        if not await self._purse.reserve(most_usd):
            return None
        return Payment(self._purse, self._price, most_usd)


class Payment:
    """What is set aside for one answer, over as many requests as that takes."""

    def __init__(self, purse: Purse, price: Price, most_usd: Decimal | None) -> None:
        self._purse = purse
        self._price = price
        self._most_usd = most_usd
        self._reserved = True

    async def again(self, failure: ModelForgeError) -> bool:
        """Pay for a request that failed, and set aside for the next; False: there is no room."""
        spent_usd = self._price.spent(None, failure, self._most_usd)
        if not spent_usd:
            return True  # what is set aside is still there
        self._reserved = False
        await self._purse.settle(self._most_usd, spent_usd)
        self._reserved = await self._purse.reserve(self._most_usd)
        return self._reserved

    async def settle(self, answer: Answer, *, sent: bool) -> None:
        """The answer is there; without ``sent`` there was never a request."""
        if not self._reserved:
            return
        usage = answer.response.usage if answer.response is not None else None
        spent_usd = self._price.spent(usage, answer.error, self._most_usd) if sent else Decimal(0)
        await self._purse.settle(self._most_usd, spent_usd)
