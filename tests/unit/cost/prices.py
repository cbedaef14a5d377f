"""Tariffs and a price book for tests."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.cost import Cost, ListedPrice, Tier
from modelforge.catalogue.history import History
from modelforge.catalogue.model import Model
from modelforge.catalogue.overlay import Overlay
from modelforge.catalogue.price_book import PriceBook
from modelforge.catalogue.provider import Provider
from modelforge.catalogue.rows import encode_model
from modelforge.core.model_id import ModelId
from modelforge.cost.model_terms import ModelTerms
from modelforge.pricing.tariff import NoTariff, Rates, RateTier, Tariff, Terms

TODAY = date(2026, 11, 25)

PLAIN = Tariff(rates=Rates(input=Decimal("2.5"), output=Decimal(10), cache_read=Decimal("1.25")))
CLIFF = Tariff(
    rates=Rates(input=Decimal("1.25"), output=Decimal(10), cache_read=Decimal("0.31")),
    tiers=(
        RateTier(
            above_tokens=200_000,
            rates=Rates(input=Decimal("2.5"), output=Decimal(15), cache_read=Decimal("0.625")),
        ),
    ),
)
NONE = NoTariff(reason="nobody lists one")
FREE = Tariff(rates=Rates(input=Decimal(0), output=Decimal(0)), kind="free")


def model_id(name: str) -> ModelId:
    return ModelId(provider="maker", model=name)


def terms(name: str, price: Terms) -> ModelTerms:
    return ModelTerms.always(model_id(name), price)


def listed(
    name: str,
    *,
    provider: str = "maker",
    input_usd: str | None = "1",
    output_usd: str | None = "2",
    cache_read_usd: str | None = None,
    context: int | None = 100_000,
    above: tuple[int, str] | None = None,
    **facts: object,
) -> Model:
    """A model as a catalogue lists it."""
    price = ListedPrice(
        input=None if input_usd is None else Decimal(input_usd),
        output=None if output_usd is None else Decimal(output_usd),
        cache_read=None if cache_read_usd is None else Decimal(cache_read_usd),
    )
    tiers = (
        ()
        if above is None
        else (
            Tier(
                above_tokens=above[0],
                price=ListedPrice(input=Decimal(above[1]), output=Decimal(above[1])),
            ),
        )
    )
    known: dict[str, object] = {
        "takes": ("text",),
        "gives": ("text",),
        "tool_call": True,
        "knowledge": "2026-01",
        **facts,
    }
    return Model(
        id=ModelId(provider=provider, model=name),
        name=name,
        context=context,
        cost=None if input_usd is None and output_usd is None else Cost(price=price, tiers=tiers),
        **known,  # type: ignore[arg-type]  # the test's own words
    )


def book(*models: Model) -> PriceBook:
    """A price book of nothing but ``models``."""
    rows: dict[str, list[list[object]]] = {}
    for model in models:
        rows.setdefault(model.id.provider, []).append(encode_model(model))
    return PriceBook(
        catalogue=Catalogue(
            dated=TODAY,
            origin="embedded",
            providers={name: Provider(id=name, name=name) for name in rows},
            read_models=lambda: rows,
        ),
        now=datetime(2026, 11, 25, tzinfo=UTC),
        overlay=Overlay(),
        history=History({}),
    )
