"""What a provider asks for a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from modelforge.pricing.component import COMPONENTS, Component

Mode = Literal["standard", "batch", "flex"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Why a price is what it is: in words, with where it is published and when that was read."""

    text: str
    source: str | None = None
    dated: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """US dollars per million tokens of each component; None: not known, which is not zero.

    ``derived`` says of a rate that is not listed itself by which rule it was found.
    """

    input: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write_5m: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    output: Decimal | None = None
    reasoning: Decimal | None = None
    output_audio: Decimal | None = None
    derived: Mapping[Component, Rule] = field(default_factory=dict)

    def of(self, component: Component) -> Decimal | None:
        """The rate of ``component``."""
        rate: Decimal | None = getattr(self, component)
        return rate

    @property
    def free(self) -> bool:
        """Input and output are known, both at zero."""
        return self.input == 0 and self.output == 0

    def replaced(self, rates: Mapping[Component, Decimal]) -> Rates:
        """These rates with others for some components."""
        known = {name: rates.get(name, self.of(name)) for name in COMPONENTS}
        return Rates(**known, derived=self.derived)

    def changed(self, change: Callable[[Component, Decimal], Decimal | None]) -> Rates:
        """These rates with ``change`` made to each that is known."""
        return Rates(
            **{
                name: None if (rate := self.of(name)) is None else change(name, rate)
                for name in COMPONENTS
            },
            derived=self.derived,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RateTier:
    """The rates of the whole of a request whose input is longer than ``above_tokens``."""

    above_tokens: int
    rates: Rates


@dataclass(frozen=True, kw_only=True, slots=True)
class Tariff:
    """A metered price, or one of zero.

    Attributes:
        tiers: replace ``rates`` for longer inputs, the lowest threshold first.
        request_fee: US dollars for each request, whatever its tokens.
        kind: ``free`` where it is listed at zero: a free tier has limits that a price has not, so
            it is no cheapest one.
        rules: what was applied to what is listed, in order.
    """

    rates: Rates
    tiers: tuple[RateTier, ...] = ()
    request_fee: Decimal = Decimal(0)
    kind: Literal["metered", "free"] = "metered"
    rules: tuple[Rule, ...] = ()

    def tier(self, input_tokens: int | Decimal) -> RateTier | None:
        """The highest tier that one request with so many input tokens reaches."""
        reached = [tier for tier in self.tiers if input_tokens > tier.above_tokens]
        return reached[-1] if reached else None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoTariff:
    """There is no price by the token, and why; never a price of zero.

    ``kind`` is ``subscription`` where calls are paid by a plan, whatever their tokens.
    """

    reason: str
    kind: Literal["unknown", "subscription"] = "unknown"
    rules: tuple[Rule, ...] = ()


Terms = Tariff | NoTariff
