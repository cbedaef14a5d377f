"""The prices of a configuration as terms."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from modelforge.config.schema import RateSettings
from modelforge.pricing.component import Component
from modelforge.pricing.tariff import Rates, Rule, Tariff

_AS_INPUT: Final = Rule(text="the configuration gives it no price of its own: priced as input")


def configured_tariff(settings: RateSettings) -> Tariff:
    """What the configuration says; a part of the prompt without a price costs what input does."""
    parts: dict[Component, Decimal | None] = {
        "cache_read": settings.cache_read,
        "cache_write_5m": settings.cache_write,
        "cache_write_1h": settings.cache_write,
    }
    missing: list[Component] = [part for part, rate in parts.items() if rate is None]
    known = {part: settings.input if rate is None else rate for part, rate in parts.items()}
    return Tariff(
        rates=Rates(
            input=settings.input,
            output=settings.output,
            reasoning=settings.reasoning,
            **known,
            derived=dict.fromkeys(missing, _AS_INPUT),
        )
    )
