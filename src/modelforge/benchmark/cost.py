"""What a run cost: the sum of its usage, priced once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from modelforge.benchmark.measures import Measures
from modelforge.core.usage import Usage
from modelforge.pricing.charge import charge
from modelforge.pricing.rates import PriceList


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCost:
    """US dollars, exact; None with the reason in ``note``. ``unpriced`` requests are not in it."""

    usd: Decimal | None
    unpriced: int
    note: str | None


def run_cost(requests: Measures, prices: PriceList) -> RunCost:
    """The cost of ``requests``, which all succeeded.

    A request without usage, or whose usage contradicts itself, is unpriced. The price is linear
    in the tokens, so pricing their sum is exact.
    """
    prompt, completion = requests.column("prompt_tokens"), requests.column("completion_tokens")
    cached = np.maximum(requests.column("cached_tokens"), 0)
    reasoning = np.maximum(requests.column("reasoning_tokens"), 0)
    billed = (prompt >= 0) & (completion >= 0) & (cached <= prompt) & (reasoning <= completion)
    count = int(np.count_nonzero(billed))
    unpriced = requests.count - count
    if not count:
        why = "the server reported no token usage" if requests.count else "nothing was answered"
        return RunCost(usd=None, unpriced=unpriced, note=why)
    bill = charge(
        Usage(
            prompt_tokens=_sum(prompt, billed),
            completion_tokens=_sum(completion, billed),
            cached_tokens=_sum(cached, billed),
            reasoning_tokens=_sum(reasoning, billed),
        ),
        prices,
    )
    if bill.cost is None:
        return RunCost(usd=None, unpriced=requests.count, note=bill.note)
    note = f"not in it, for want of usage: {unpriced:,}" if unpriced else None
    return RunCost(usd=bill.cost.usd, unpriced=unpriced, note=note)


def _sum(
    tokens: np.ndarray[tuple[int], np.dtype[np.int64]],
    rows: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> int:
    return int(np.sum(tokens, where=rows, dtype=np.int64))
