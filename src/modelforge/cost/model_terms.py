"""What a model's requests are billed by."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.core.model_id import ModelId
from modelforge.pricing.tariff import Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class TermShare:
    """A share of the requests that is billed by ``terms``.

    ``month`` is the one month it is a share of, from 0; None: of every month alike.
    """

    terms: Terms
    share: float = 1.0
    month: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelTerms:
    """The terms of a model over a plan: mostly one, more where a part goes through a batch or
    where the price depends on the hour or the date.

    ``notes`` say what of the plan a price could not be found for and what was taken instead.
    """

    id: ModelId
    shares: tuple[TermShare, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def always(cls, id_: ModelId, terms: Terms) -> ModelTerms:
        """One price for everything."""
        return cls(id=id_, shares=(TermShare(terms=terms),))
