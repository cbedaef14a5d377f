"""What a limit of costs can promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.pricing.allowance import Price
from modelforge.pricing.tariff import Terms


def doubts(prices: Mapping[ModelId, Terms], *, max_tokens: int | None) -> Iterator[str]:
    """A line for each reason why ``--max-cost`` cannot be promised; then it ends on what was
    reported.
    """
    for id_, terms in prices.items():
        doubt = Price(terms, Generation()).doubt
        if doubt is not None:
            yield f"--max-cost cannot be promised for {id_}: {doubt}; only reported costs count"
        elif max_tokens is None:
            yield (
                f"--max-cost cannot be promised for {id_} without --max-tokens: no more is sent"
                " once what was reported reaches it"
            )
