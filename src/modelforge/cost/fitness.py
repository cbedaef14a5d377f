"""Whether a model can serve a scenario at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from modelforge.catalogue.model import Model
from modelforge.cost.traffic import Traffic

_NO_ANSWERS: Final = re.compile(
    r"embed|rerank|whisper|moderation|transcri|voxtral|\btts\b|-tts|ocr|guard|\b(bge|e5|gte)-",
    re.IGNORECASE,
)

THINKS: Final = (
    "may reason before it answers, billed as output: the completion tokens must hold that too"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitness:
    """What the longest request of some scenarios needs.

    Attributes:
        longest: tokens of prompt and answer together; ``answer`` of the answer alone.
    """

    longest: int
    answer: int

    @classmethod
    def of(cls, traffics: Sequence[Traffic]) -> Fitness:
        """Of the longest requests of ``traffics``, of which there is one at least."""
        whole = [traffic.tokens.sum(axis=1) for traffic in traffics]
        longest = max(float(one.max()) for one in whole)
        answer = max(
            float((one - traffic.prompt).max())
            for one, traffic in zip(whole, traffics, strict=True)
        )
        return cls(longest=round(longest), answer=round(answer))

    def fits(self, model: Model) -> bool:
        """Whether the requests fit into ``model``, which must answer text with text."""
        return self.answers(model) and self.holds(model)

    def answers(self, model: Model) -> bool:
        """Whether it answers text with text.

        Models that embed, rank or listen are listed as if they did: their names tell.
        """
        return (
            "text" in model.takes
            and "text" in model.gives
            and not _NO_ANSWERS.search(str(model.id))
        )

    def holds(self, model: Model) -> bool:
        """Whether its context and its longest answer are known and large enough."""
        return (model.context or 0) >= self.longest and (
            model.output_limit or model.context or 0
        ) >= self.answer


def misfits(model: Model, traffic: Traffic) -> Iterator[str]:
    """What of ``traffic`` a model cannot serve although it has a price, in words.

    Of limits that are known: a model whose context nobody lists has none here.
    """
    whole = traffic.tokens.sum(axis=1)
    answers = whole - traffic.prompt
    for counts, limit, what in (
        (whole, model.context, "requests do not fit into its context"),
        (answers, model.output_limit, "answers are longer than its longest"),
    ):
        if limit and (beyond := float(np.average(counts > limit, weights=traffic.weights))) > 0:
            yield f"{beyond:.1%} of the {what} of {limit:,} tokens: they cannot be served"
