"""What a run cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from modelforge.benchmark.measures import Measures
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import charge
from modelforge.pricing.tariff import NoTariff, Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCost:
    """US dollars, exact; None with the reason in ``note``. ``unpriced`` requests are not in it."""

    usd: Decimal | None
    unpriced: int
    note: str | None


def run_cost(requests: Measures, prices: Terms, *, begun: int = 0) -> RunCost:
    """The cost of ``requests``, which all succeeded; ``begun`` others may have cost something too.

    A request without usage, or whose usage contradicts itself, is unpriced. Between two thresholds
    for long prompts the price is linear in the tokens, so the requests that fall between the same
    two are priced by their sum, exactly; adding requests up never reaches a threshold.
    """
    sums = [_Sums() for _ in _prices(prices)]
    for part in requests.parts():
        _add(part, prices, sums)
    billed = sum(of_price.requests for of_price in sums)
    if not billed:
        why = "the server reported no token usage" if requests.count else "nothing was answered"
        return RunCost(usd=None, unpriced=requests.count, note=why)
    usd, unpriced = Decimal(0), requests.count - billed
    note = f"not in it, for want of usage: {unpriced:,}" if unpriced else None
    priced = False
    for price, of_price in zip(_prices(prices), sums, strict=True):
        if not of_price.requests:
            continue
        usage = BilledUsage(
            input_total=of_price.prompt,
            output_total=of_price.completion,
            cache_read=of_price.cached,
            reasoning=of_price.reasoning,
        )
        bill = charge(usage, price, requests=of_price.requests)
        if bill.full_cost is None:
            unpriced += of_price.requests
            note = bill.note
        else:
            usd += bill.full_cost.usd
            priced = True
            note = note or bill.note
    if priced and begun:
        more = f"not in it: {begun:,} failed or broken off, perhaps billed"
        note = f"{note}; {more}" if note else more
    return RunCost(usd=usd if priced else None, unpriced=unpriced, note=note)


@dataclass(kw_only=True, slots=True)
class _Sums:
    """The tokens of the requests that have one price."""

    requests: int = 0
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    reasoning: int = 0


def _prices(prices: Terms) -> list[Terms]:
    """Each price that a request can have, by how many thresholds it is beyond."""
    if isinstance(prices, NoTariff) or not prices.tiers:
        return [prices]
    every = (prices.rates, *(tier.rates for tier in prices.tiers))
    return [replace(prices, rates=rates, tiers=()) for rates in every]


def _add(requests: Measures, prices: Terms, sums: Sequence[_Sums]) -> None:
    prompt, completion = requests.column("prompt_tokens"), requests.column("completion_tokens")
    cached = np.maximum(requests.column("cached_tokens"), 0)
    reasoning = np.maximum(requests.column("reasoning_tokens"), 0)
    billed = (prompt >= 0) & (completion >= 0) & (cached <= prompt) & (reasoning <= completion)
    tiers = () if isinstance(prices, NoTariff) else prices.tiers
    reached = np.searchsorted([tier.above_tokens for tier in tiers], prompt, side="left")
    for place, of_price in enumerate(sums):
        rows = billed & (reached == place)
        of_price.requests += int(np.count_nonzero(rows))
        of_price.prompt += _sum(prompt, rows)
        of_price.completion += _sum(completion, rows)
        of_price.cached += _sum(cached, rows)
        of_price.reasoning += _sum(reasoning, rows)


def _sum(
    tokens: np.ndarray[tuple[int], np.dtype[np.int64]],
    rows: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> int:
    return int(np.sum(tokens, where=rows, dtype=np.int64))
