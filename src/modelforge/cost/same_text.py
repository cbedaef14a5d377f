"""The same text at several models: its tokens, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modelforge.core.model_id import ModelId
from modelforge.cost.token_count import TokenCount, count_tokens
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.priced_call import PricedCall
from modelforge.pricing.quote import Quote


@dataclass(frozen=True, kw_only=True, slots=True)
class SameText:
    """A text asked of one model, and perhaps another that it answers; ``call`` prices them."""

    id: ModelId
    prompt: TokenCount
    answer: TokenCount
    call: PricedCall

    @property
    def exact(self) -> bool:
        """Whether every token was counted."""
        return self.prompt.exact and self.answer.exact


def same_text(
    ids: Iterable[ModelId], quote: Callable[[ModelId], Quote], *, prompt: str, answer: str = ""
) -> list[SameText]:
    """The price of ``prompt``, answered with ``answer``, at each of ``ids``, in their order."""
    found = []
    for id_ in ids:
        asked, said = count_tokens(prompt, id_), count_tokens(answer, id_)
        usage = BilledUsage(input_total=asked.tokens, output_total=said.tokens)
        call = PricedCall.of(quote(id_), usage)
        found.append(SameText(id=id_, prompt=asked, answer=said, call=call))
    return found
