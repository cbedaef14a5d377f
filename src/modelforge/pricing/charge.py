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

    ``cost`` is None when ``status`` is ``unpriced``; ``note`` then says why. Beside a cost it is
    what a reader must know of it.
    """

    status: Literal["priced", "unpriced"]
    cost: Money | None
    note: str | None
    lines: tuple[ChargeLine, ...] = ()


def charge(usage: Usage, prices: PriceList) -> Charge:
    """Price ``usage``, at the rates for a prompt of its length.

    Tokens read from a cache or written to one are part of the prompt, and reasoning tokens part of
    the completion: each is taken out of the whole before the rest is priced, so that no token is
    billed twice.
    """
    if isinstance(prices, NoRates):
        return _unpriced(prices.reason)
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return _unpriced("the server reported no token usage")
    prices = prices.for_prompt(usage.prompt_tokens)
    if isinstance(prices, NoRates):
        return _unpriced(prices.reason)
    cached = usage.cached_tokens or 0
    written = usage.cache_write_tokens or 0
    reasoning = usage.reasoning_tokens or 0
    if cached + written > usage.prompt_tokens or reasoning > usage.completion_tokens:
        return _unpriced("the server's token counts contradict each other")
    lines = tuple(
        ChargeLine(
            component=component,
            tokens=tokens,
            rate=rate,
            cost=Money(usd=tokens * rate * _PER_TOKEN),
        )
        for component, tokens, rate in (
            ("input", usage.prompt_tokens - cached - written, prices.input),
            ("cache_read", cached, _or(prices.cache_read, prices.input)),
            ("cache_write", written, _or(prices.cache_write, prices.input)),
            ("output", usage.completion_tokens - reasoning, prices.output),
            ("reasoning", reasoning, _or(prices.reasoning, prices.output)),
        )
        if tokens
    )
    total = sum((line.cost for line in lines), Money(usd=Decimal(0)))
    return Charge(status="priced", cost=total, note=prices.note, lines=lines)


def _unpriced(reason: str) -> Charge:
    return Charge(status="unpriced", cost=None, note=reason)


def _or(rate: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if rate is None else rate
