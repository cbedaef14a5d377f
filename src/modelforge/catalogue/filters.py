"""Which models are wanted, and which of them first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from modelforge.catalogue.cost import ListedPrice
from modelforge.catalogue.model import Model

_WORD = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)*")

Rank = tuple[object, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filters:
    """Conditions that a model must all meet; None asks nothing.

    What is unknown of a model meets no condition on it: a model without a listed price is not
    cheap, and one without a date was not released since.

    Attributes:
        context: at least so many tokens.
        max_input_price: US dollars per million tokens, at most; also ``max_output_price``.
        modalities: each is taken or given.
        released_since: ``YYYY-MM-DD``, or the beginning of one.
        text: every word of it stands in the model's id, name or family, or is its provider.
    """

    provider: str | None = None
    context: int | None = None
    max_input_price: Decimal | None = None
    max_output_price: Decimal | None = None
    modalities: tuple[str, ...] = ()
    tools: bool = False
    reasoning: bool = False
    open_weights: bool = False
    released_since: str | None = None
    text: str = ""

    def accept(self, model: Model) -> bool:
        """Whether ``model`` meets every condition."""
        price = ListedPrice() if model.cost is None else model.cost.price
        return (
            self.provider in {None, model.id.provider}
            and (self.context is None or (model.context or 0) >= self.context)
            and _at_most(price.input, self.max_input_price)
            and _at_most(price.output, self.max_output_price)
            and all(kind in model.takes or kind in model.gives for kind in self.modalities)
            and (not self.tools or model.tool_call is True)
            and (not self.reasoning or model.reasoning is True)
            and (not self.open_weights or model.open_weights is True)
            and (self.released_since is None or (model.released or "") >= self.released_since)
            and (not self.text or self._matches(model))
        )

    def rank(self, model: Model) -> Rank:
        """A sort key: with a text, how well it fits; otherwise the id."""
        by_id = (model.id.provider, model.id.model)
        return (*self._fit(model), *by_id) if self.text else by_id

    def _matches(self, model: Model) -> bool:
        searched = f"{model.id} {model.name} {model.family or ''}".lower()
        return all(word in searched for word in self.text.lower().split())

    def _fit(self, model: Model) -> Rank:
        """The whole id first, then the model's own name, its beginning, its words, the rest.

        Among equals a model in service comes before a deprecated one, and the shorter id first.
        """
        wanted = self.text.lower().strip()
        full, name = str(model.id).lower(), model.id.model.lower()
        last = name.rpartition("/")[2]
        words = set(_WORD.findall(f"{full} {model.name.lower()}"))
        closeness = (
            full == wanted,
            name == wanted,
            last == wanted,
            name.startswith(wanted),
            last.startswith(wanted),
            set(_WORD.findall(wanted)) <= words,
            True,
        ).index(True)
        return (closeness, model.status == "deprecated", len(name))


def _at_most(price: Decimal | None, limit: Decimal | None) -> bool:
    return limit is None or (price is not None and price <= limit)
