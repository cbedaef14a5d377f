"""What one answer cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from modelforge.core.money import Money
from modelforge.core.usage import Usage
from modelforge.pricing.rates import NoRates, PriceList

_PER_TOKEN = Decimal("1e-6")  # rates are per million


@dataclass(frozen=True, kw_only=True, slots=True)
class ChargeLine:
    """One component of a charge: tokens at a rate (US dollars per million)."""

    component: str
    tokens: int
    rate: Decimal
    cost: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """The cost of an answer, or the reason there is none to give.

    ``cost`` is None when ``status`` is ``unpriced``; ``reason`` then says why.
    """

    status: Literal["priced", "unpriced"]
    cost: Money | None
    reason: str | None
    lines: tuple[ChargeLine, ...] = ()


def charge(usage: Usage, prices: PriceList) -> Charge:
    """Price ``usage``.

    Cached tokens are part of the prompt and reasoning tokens part of the completion: each is
    taken out of the whole before the rest is priced, so that no token is billed twice.
    """
    if isinstance(prices, NoRates):
        return Charge(status="unpriced", cost=None, reason=prices.reason)
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return Charge(status="unpriced", cost=None, reason="the server reported no token usage")
    cached = usage.cached_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    if cached > usage.prompt_tokens or reasoning > usage.completion_tokens:
        return Charge(
            status="unpriced", cost=None, reason="the server's token counts contradict each other"
        )
    lines = tuple(
        ChargeLine(
            component=component,
            tokens=tokens,
            rate=rate,
            cost=Money(usd=tokens * rate * _PER_TOKEN),
        )
        for component, tokens, rate in (
            ("input", usage.prompt_tokens - cached, prices.input),
            ("cache_read", cached, _or(prices.cache_read, prices.input)),
            ("output", usage.completion_tokens - reasoning, prices.output),
            ("reasoning", reasoning, _or(prices.reasoning, prices.output)),
        )
        if tokens
    )
    total = sum((line.cost for line in lines), Money(usd=Decimal(0)))
    return Charge(status="priced", cost=total, reason=None, lines=lines)


def _or(rate: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if rate is None else rate
