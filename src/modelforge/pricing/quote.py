"""A model's price as it was looked up: what was asked for, what was found, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from modelforge.core.model_id import ModelId
from modelforge.pricing.component import Component
from modelforge.pricing.tariff import Mode, Rule, Terms


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherPrice:
    """What another source lists for a component where ours lists ``ours``; $ per million tokens."""

    component: Component
    ours: Decimal
    rate: Decimal
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """The terms of a model, and the basis of them.

    Attributes:
        asked: the model that was asked for.
        priced_as: whose listed price it is; None where there is none.
        resolved: the rule that led from the one to the other; None where they are the same.
        source: where the rates are from: the catalogue and its day, the overlay's price history,
            or what the caller gave.
        as_of: the moment the price is for; None: the day of the source, at no particular hour.
        disputed: components that another source lists otherwise.
    """

    asked: ModelId
    terms: Terms
    source: str
    priced_as: ModelId | None = None
    resolved: Rule | None = None
    mode: Mode = "standard"
    as_of: datetime | None = None
    disputed: tuple[OtherPrice, ...] = ()
