"""The price of a model: what is configured, what is listed, or why there is none."""

from __future__ import annotations

import difflib
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final

from modelforge.app.configured_prices import configured_tariff
from modelforge.config.builtin import ALIASES, LOCAL_PROVIDER, SIM_PROVIDER
from modelforge.config.load import Configuration
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Mode, NoTariff, Rates, Tariff

if TYPE_CHECKING:
    from modelforge.catalogue.price_book import PriceBook

CONFIGURED: Final = "the configuration"
"""The source of a price that nobody lists."""

_NOT_BILLED = {LOCAL_PROVIDER: "runs on this machine", SIM_PROVIDER: "simulated"}


class Prices:
    """Looks prices up in a configuration and the catalogue that is in use.

    Args:
        now: the moment that decides which dated price is the newest.
    """

    def __init__(self, configuration: Configuration, *, now: datetime) -> None:
        self._configuration = configuration
        self._now = now

    @cached_property
    def book(self) -> PriceBook:
        """What is listed; read at the first question that the configuration does not answer."""
        from modelforge.catalogue.price_book import PriceBook  # noqa: PLC0415 (what is configured needs no list)

        return PriceBook(catalogue=self._configuration.catalogue, now=self._now)

    def quote(
        self,
        id_: ModelId,
        *,
        mode: Mode = "standard",
        as_of: datetime | None = None,
        region: str | None = None,
        given: Rates | None = None,
    ) -> Quote:
        """The terms of a model; what each argument does is said at `PriceBook.quote`.

        ``given`` rates go before configured ones, and those before listed ones. A configured price
        is taken as it is; for another mode than standard the provider's published factor is used.
        """
        listed = ModelId(provider=ALIASES.get(id_.provider, id_.provider), model=id_.model)
        if given is None and (configured := self._configured(id_)) is not None:
            if mode == "standard":
                return Quote(asked=id_, terms=configured, source=CONFIGURED, as_of=as_of)
            found = self.book.quote(listed, mode=mode, as_of=as_of, given=configured.rates)
            return replace(found, asked=id_, source=CONFIGURED)
        if given is None and id_.provider in _NOT_BILLED:
            reason = _NOT_BILLED[id_.provider]
            return Quote(asked=id_, terms=NoTariff(reason=reason), source="nobody", mode=mode)
        found = self.book.quote(listed, mode=mode, as_of=as_of, region=region, given=given)
        if found.priced_as is None and given is None:
            found = replace(found, terms=NoTariff(reason=self._unknown(id_, found)))
        return replace(found, asked=id_)

    def _configured(self, id_: ModelId) -> Tariff | None:
        try:
            settings = self._configuration.provider(id_.provider)
        except UsageError:
            return None
        rates = settings.prices.get(id_.model)
        return None if rates is None else configured_tariff(rates)

    def _is_known(self, id_: ModelId) -> bool:
        return id_.provider in self._configuration.settings.providers

    def _unknown(self, id_: ModelId, found: Quote) -> str:
        from modelforge.catalogue.resolve import listed_provider  # noqa: PLC0415 (as in `book`)

        known = self.book.names(listed_provider(id_.provider, self.book.overlay))
        if not known:
            listed = () if self._is_known(id_) else self.book.catalogue.providers
            close = difflib.get_close_matches(id_.provider, listed, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            return f"no price is configured, and {id_.provider} is not in the catalogue{hint}"
        close = difflib.get_close_matches(id_.model, known, n=1)
        reason = found.terms.reason if isinstance(found.terms, NoTariff) else ""
        return f"{reason}; did you mean {close[0]}?" if close else reason
