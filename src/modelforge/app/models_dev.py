"""The catalogue for Python programs, under its source's name."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from modelforge.app.catalogue import find_provider
from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.cost import PRICE_FIELDS, ListedPrice
from modelforge.catalogue.filters import Filters
from modelforge.catalogue.load import load_catalogue
from modelforge.catalogue.model import Model
from modelforge.catalogue.price_book import PriceBook
from modelforge.config.catalogue_layer import refreshed_folder


class ModelsDev:
    """Providers, models and listed prices, as models.dev has them.

    The catalogue in the package, or the one that ``modelforge models refresh`` fetched; nothing is
    fetched here.

    Args:
        folder: where a refreshed catalogue is; by default where the command keeps it.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def get_models(self, provider: str) -> list[dict[str, Any]]:
        """The models of a provider, by name.

        Each is a dict: ``name`` is what the provider calls it; ``pricing`` is None where no price
        is listed, else US dollars per million tokens by component (``input``, ``output``,
        ``cache_read``, …), those that are listed, and ``tiers`` for longer prompts. ``title``,
        ``context``, ``output_limit``, ``takes``, ``gives``, ``tool_call``, ``reasoning``,
        ``open_weights``, ``knowledge``, ``released`` and ``status`` are None where unknown.

        Raises:
            UsageError: the provider is not known; with the names that come close.
        """
        id_ = find_provider(self.catalogue, provider).id
        return [_as_dict(model) for model in self.catalogue.models(Filters(provider=id_))]

    @cached_property
    def catalogue(self) -> Catalogue:
        """The catalogue itself."""
        return load_catalogue(self._folder or refreshed_folder())

    @cached_property
    def price_book(self) -> PriceBook:
        """Its prices with their history and rules, as they are now."""
        return PriceBook(catalogue=self.catalogue, now=datetime.now(UTC))


def _as_dict(model: Model) -> dict[str, Any]:
    names = (
        *("context", "output_limit", "takes", "gives", "tool_call", "reasoning"),
        *("open_weights", "knowledge", "released", "status"),
    )
    pricing = None
    if model.cost is not None and (listed := _listed(model.cost.price)):
        tiers = [
            {"above_tokens": tier.above_tokens, **_listed(tier.price)} for tier in model.cost.tiers
        ]
        pricing = {**listed, "tiers": tiers} if tiers else listed
    facts = {name: getattr(model, name) for name in names}
    return {"name": model.id.model, "title": model.name, "pricing": pricing, **facts}


def _listed(price: ListedPrice) -> dict[str, Any]:
    known = ((name, getattr(price, name)) for name in PRICE_FIELDS)
    return {name: float(value) for name, value in known if value is not None}
