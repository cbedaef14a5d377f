"""What is known about the price of a model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.cost import ListedPrice
from modelforge.core.model_id import ModelId
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Mode, NoTariff, Rates, RateTier, Tariff, Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceBook:
    """The catalogue's listed prices, and the overlay's rules for what they cannot say."""

    catalogue: Catalogue

    def quote(
        self,
        id_: ModelId,
        *,
        mode: Mode = "standard",
        as_of: datetime | None = None,
        region: str | None = None,
        given: Rates | None = None,
    ) -> Quote:
        """The terms of a model, and how they were found.

        Args:
            mode: how it is asked; a provider without a published price for it is unpriced.
            as_of: a moment with its time zone, which decides between dated prices and between
                hours of the day. None: what the catalogue lists, at no particular hour.
            region: where it is served, where that has a price of its own (``us``, ``eu``).
            given: takes the place of the listed standard rates.
        """
        dated = f"the catalogue of {self.catalogue.dated}"
        return Quote(
            asked=id_,
            terms=self._listed(id_, dated),
            source=dated,
            priced_as=id_,
            mode=mode,
            as_of=as_of,
        )

    def _listed(self, id_: ModelId, dated: str) -> Terms:
        model = self.catalogue.model(id_)
        if model is None:
            return NoTariff(reason=f"{id_} is not in {dated}")
        if model.cost is None:
            return NoTariff(reason=f"{dated} lists no price for {id_}")
        price = model.cost.price
        if price.input is None and price.output is None:
            return NoTariff(reason=f"{dated} lists no price for {id_}")
        return Tariff(
            rates=_rates(price),
            tiers=tuple(
                RateTier(above_tokens=tier.above_tokens, rates=_rates(tier.price))
                for tier in model.cost.tiers
            ),
            kind="free" if price.free else "metered",
        )


def _rates(price: ListedPrice) -> Rates:
    return Rates(
        input=price.input,
        output=price.output,
        cache_read=price.cache_read,
        cache_write_5m=price.cache_write,
        reasoning=price.reasoning,
        input_audio=price.input_audio,
        output_audio=price.output_audio,
    )
