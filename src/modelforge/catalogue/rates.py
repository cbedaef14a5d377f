"""What the catalogue says about the price of a model."""

from __future__ import annotations

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.cost import ListedPrice
from modelforge.core.model_id import ModelId
from modelforge.pricing.rates import NoRates, PriceList, Rates, RateTier

FREE = "listed as free"


def catalogue_price(catalogue: Catalogue, id_: ModelId) -> PriceList:
    """What ``catalogue`` lists for a model.

    A price of zero is a price, and is noted as listed so; a missing one is unknown. Where a longer
    prompt costs more, each of its tiers is a price, or unknown, of its own.
    """
    model = catalogue.model(id_)
    dated = f"the catalogue of {catalogue.dated}"
    if model is None:
        return NoRates(reason=f"{id_} is not in {dated}")
    if model.cost is None:
        return NoRates(reason=f"{dated} lists no price for {id_}")
    tiers = tuple(
        RateTier(
            above_tokens=tier.above_tokens,
            prices=_prices(tier.price, dated, f"{id_} above {tier.above_tokens:,} prompt tokens"),
        )
        for tier in model.cost.tiers
    )
    return _prices(model.cost.price, dated, str(id_), tiers)


def _prices(
    price: ListedPrice, dated: str, priced: str, tiers: tuple[RateTier, ...] = ()
) -> PriceList:
    if price.input is None or price.output is None:
        missing = "input" if price.input is None else "output"
        return NoRates(reason=f"{dated} lists no {missing} price for {priced}")
    return Rates(
        input=price.input,
        output=price.output,
        cache_read=price.cache_read,
        cache_write=price.cache_write,
        reasoning=price.reasoning,
        tiers=tiers,
        note=FREE if price.free else None,
    )
