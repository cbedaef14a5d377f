"""From a listed price to the rates that usage is charged at."""

from __future__ import annotations

from dataclasses import dataclass

from modelforge.catalogue.catalogue import Catalogue
from modelforge.core.model_id import ModelId
from modelforge.pricing.rates import NoRates, PriceList, Rates

FREE = "listed as free"


@dataclass(frozen=True, kw_only=True, slots=True)
class CataloguePrice:
    """Rates, or why there are none; ``note`` says what a reader of the rates must know."""

    rates: PriceList
    note: str | None = None


def catalogue_price(catalogue: Catalogue, id_: ModelId) -> CataloguePrice:
    """What ``catalogue`` lists for a model.

    A price of zero is a price, and is noted as listed so; a missing one is unknown. Where a longer
    prompt costs more, these are the rates of the shorter ones.
    """
    model = catalogue.model(id_)
    dated = f"the catalogue of {catalogue.dated}"
    if model is None:
        return _none(f"{id_} is not in {dated}")
    if model.cost is None:
        return _none(f"{dated} lists no price for {id_}")
    price = model.cost.price
    if price.input is None or price.output is None:
        missing = "input" if price.input is None else "output"
        return _none(f"{dated} lists no {missing} price for {id_}")
    notes = [FREE] if price.free else []
    if model.cost.tiers:
        above = model.cost.tiers[0].above_tokens
        notes.append(f"prompts above {above:,} tokens cost more than this")
    return CataloguePrice(
        rates=Rates(
            input=price.input,
            output=price.output,
            cache_read=price.cache_read,
            reasoning=price.reasoning,
        ),
        note="; ".join(notes) or None,
    )


def _none(reason: str) -> CataloguePrice:
    return CataloguePrice(rates=NoRates(reason=reason))
