"""What a run cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

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


def run_cost(requests: Measures, prices: Terms) -> RunCost:
    """The cost of ``requests``, which all succeeded.

    A request without usage, or whose usage contradicts itself, is unpriced. Between two thresholds
    for long prompts the price is linear in the tokens, so the requests that fall between the same
    two are priced by their sum, exactly; adding requests up never reaches a threshold.
    """
    prompt, completion = requests.column("prompt_tokens"), requests.column("completion_tokens")
    cached = np.maximum(requests.column("cached_tokens"), 0)
    reasoning = np.maximum(requests.column("reasoning_tokens"), 0)
    billed = (prompt >= 0) & (completion >= 0) & (cached <= prompt) & (reasoning <= completion)
    if not billed.any():
        why = "the server reported no token usage" if requests.count else "nothing was answered"
        return RunCost(usd=None, unpriced=requests.count, note=why)
    usd, unpriced = Decimal(0), int(requests.count - np.count_nonzero(billed))
    note = f"not in it, for want of usage: {unpriced:,}" if unpriced else None
    priced = False
    for price, rows in _by_price(prices, prompt, billed):
        usage = BilledUsage(
            input_total=_sum(prompt, rows),
            output_total=_sum(completion, rows),
            cache_read=_sum(cached, rows),
            reasoning=_sum(reasoning, rows),
        )
        of_them = int(np.count_nonzero(rows))
        bill = charge(usage, price, requests=of_them)
        if bill.full_cost is None:
            unpriced += of_them
            note = bill.note
        else:
            usd += bill.full_cost.usd
            priced = True
            note = note or bill.note
    return RunCost(usd=usd if priced else None, unpriced=unpriced, note=note)


def _by_price(
    prices: Terms, prompt: NDArray[np.int64], billed: NDArray[np.bool_]
) -> Iterator[tuple[Terms, NDArray[np.bool_]]]:
    """Each price that some of the ``billed`` requests have, and which."""
    if isinstance(prices, NoTariff) or not prices.tiers:
        yield prices, billed
        return
    thresholds = [tier.above_tokens for tier in prices.tiers]
    reached = np.searchsorted(thresholds, prompt, side="left")
    for place, rates in enumerate((prices.rates, *(tier.rates for tier in prices.tiers))):
        rows = billed & (reached == place)
        if rows.any():
            yield replace(prices, rates=rates, tiers=()), rows


def _sum(
    tokens: np.ndarray[tuple[int], np.dtype[np.int64]],
    rows: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> int:
    return int(np.sum(tokens, where=rows, dtype=np.int64))
