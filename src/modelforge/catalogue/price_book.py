"""What is known about the price of a model: listed, dated, and ruled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from functools import cached_property
from typing import Final

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.cost import ListedPrice
from modelforge.catalogue.disputes import Disputes, load_disputes
from modelforge.catalogue.history import History, load_history
from modelforge.catalogue.model import Model
from modelforge.catalogue.overlay import HistoryRow, Overlay, load_overlay
from modelforge.catalogue.resolve import Resolved, resolve
from modelforge.catalogue.terms_rules import (
    at_thresholds,
    derive_rates,
    in_mode,
    in_region,
    in_window,
    with_request_fee,
)
from modelforge.core.model_id import ModelId
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Mode, NoTariff, Rates, RateTier, Rule, Tariff, Terms

GIVEN: Final = "the rates that were given"
OURS: Final = "the dated prices beside the catalogue"


@dataclass(frozen=True, kw_only=True)
class PriceBook:
    """The catalogue's listed prices, their history, and the overlay's rules.

    Attributes:
        now: the moment of a price that is asked for without one: the newest dated price holds.
    """

    catalogue: Catalogue
    now: datetime
    overlay: Overlay = field(default_factory=load_overlay)
    history: History = field(default_factory=load_history)
    disputes: Disputes = field(default_factory=load_disputes)

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
                hours of the day. None: the newest price, at no particular hour.
            region: where it is served, where that has a price of its own (``us``, ``eu``).
            given: takes the place of the listed standard rates; the overlay's rules still apply.
        """
        found = resolve(id_, self.names, self.overlay)
        at = as_of or self.now
        if given is not None:
            base: Terms = Tariff(rates=given, kind="free" if given.free else "metered")
            source = GIVEN
        elif found is None:
            base, source = NoTariff(reason=f"{id_} is not in {self._dated}"), self._dated
        else:
            base, source = self._base(found.id, at)
        own = found or Resolved(id=id_)
        terms = (
            base
            if isinstance(base, NoTariff)
            else self._ruled(
                base,
                own.id,
                mode=mode,
                at=at,
                hourly=as_of is not None,
                listed=given is None,
                region=region,
                implied=own.region,
            )
        )
        return Quote(
            asked=id_,
            terms=terms,
            source=source,
            priced_as=None if found is None else found.id,
            resolved=None if found is None else found.rule,
            mode=mode,
            as_of=as_of,
            disputed=() if given is not None else self.disputes.of(own.id),
        )

    def names(self, provider: str) -> frozenset[str]:
        """The names of a provider's models that are listed or were."""
        found = self._names.get(provider)
        if found is None:
            ours = frozenset(row.id.model for row in self._rules(provider).history)
            found = self.catalogue.names(provider) | self.history.names(provider) | ours
            self._names[provider] = found
        return found

    def _rules(self, provider: str) -> Overlay:
        """The overlay's rules about any model of ``provider``."""
        found = self._own_rules.get(provider)
        if found is None:
            found = self._own_rules[provider] = self.overlay.of(provider)
        return found

    @cached_property
    def _own_rules(self) -> dict[str, Overlay]:
        return {}

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        return {}

    def _base(self, id_: ModelId, at: datetime) -> tuple[Terms, str]:
        """The standard terms of a listed or recorded model at a moment, and where they are from.

        A dated price holds from its moment until the next. The catalogue is a price of its own
        day: it is the newer one only where it was read after the history was.
        """
        model = self.catalogue.model(id_)
        listed = None if model is None else self._listed(model)
        rows = self._rows(id_)
        past = [row for row in rows if row.since <= at]
        released = (model and model.released) or ""
        # A name can be older than the model that it stands for now: then it had a price before.
        older = any(row.since.date().isoformat() < released for row in rows)
        if at.date().isoformat() < released and not older:
            return NoTariff(reason=f"{id_} was released on {released}"), self._dated
        read = datetime.combine(self.catalogue.dated, time(), tzinfo=UTC)
        newer = listed is not None and self.catalogue.dated > self.history.dated and at >= read
        newer = newer and not any(row.since > read for row in past)  # what was announced holds
        announced = not past and bool(rows) and rows[0].since > read
        if listed is not None and (newer or announced or not rows):
            return self._noting_age(listed, at, read), self._dated
        row = past[-1] if past else rows[0]
        since = f"the price since {row.since:%Y-%m-%d %H:%M} UTC"
        noted = Rule(text=since, source=row.source, dated=row.dated)
        if not past:
            noted = replace(noted, text=f"no price before {row.since:%Y-%m-%d} is known: its first")
        if isinstance(listed, Tariff) and _agree(listed, row):
            return replace(listed, rules=(noted,)), self._dated
        tiers = tuple(RateTier(above_tokens=above, rates=rates) for above, rates in row.tiers)
        terms = Tariff(
            rates=row.rates,
            tiers=tiers,
            kind="free" if row.rates.free else "metered",
            rules=(noted,),
        )
        if row in self.overlay.history:
            return terms, OURS
        return terms, f"the price history of {self.history.dated}"

    def _rows(self, id_: ModelId) -> list[HistoryRow]:
        """Ours where there are some, and recorded ones before and after them."""
        ours = [row for row in self._rules(id_.provider).history if row.id == id_]
        recorded = self.history.of(id_)
        if not ours:
            return recorded
        before = [row for row in recorded if row.since < ours[0].since]
        return before + ours + [row for row in recorded if row.since > ours[-1].since]

    def _noting_age(self, listed: Terms, at: datetime, read: datetime) -> Terms:
        if isinstance(listed, NoTariff) or at >= read:
            return listed
        noted = Rule(text=f"no price of {at:%Y-%m-%d} is known: the one listed on {read:%Y-%m-%d}")
        return replace(listed, rules=(noted,))

    def _listed(self, model: Model) -> Terms:
        price = None if model.cost is None else model.cost.price
        if model.cost is None or price is None or (price.input is None and price.output is None):
            return self._unlisted(model.id, f"{self._dated} lists no price for {model.id}")
        if price.free and self._rules(model.id.provider).plan(model.id) is not None:
            return self._unlisted(model.id, "")
        return Tariff(
            rates=_rates(price),
            tiers=tuple(
                RateTier(above_tokens=tier.above_tokens, rates=_rates(tier.price))
                for tier in model.cost.tiers
            ),
            kind="free" if price.free else "metered",
        )

    def _unlisted(self, id_: ModelId, reason: str) -> NoTariff:
        plan = self._rules(id_.provider).plan(id_)
        if plan is None:
            return NoTariff(reason=reason)
        return NoTariff(reason=f"paid by a plan: {plan.text}", kind="subscription", rules=(plan,))

    def _ruled(
        self,
        tariff: Tariff,
        id_: ModelId,
        *,
        mode: Mode,
        at: datetime,
        hourly: bool,
        listed: bool,
        region: str | None,
        implied: str | None,
    ) -> Terms:
        """Every rule in its order; a region that only the name implies may have none."""
        overlay = self._rules(id_.provider)
        tariff = at_thresholds(tariff, id_, overlay, at=at)
        tariff = in_window(tariff, id_, overlay, at=at, hourly=hourly, listed=listed)
        tariff = derive_rates(tariff, id_, overlay, at=at)
        tariff = with_request_fee(tariff, id_, overlay, at=at)
        terms: Terms = tariff
        if where := region or implied:
            model = self.catalogue.model(id_)
            released = None if model is None else model.released
            terms = in_region(tariff, id_, overlay, region=where, released=released, at=at)
            if region is None and isinstance(terms, NoTariff):
                noted = Rule(text=f"no price of its own is known in {where}: that without a region")
                terms = replace(tariff, rules=(*tariff.rules, noted))
        if isinstance(terms, NoTariff):
            return terms
        return in_mode(terms, id_, overlay, mode=mode, at=at)

    @cached_property
    def _dated(self) -> str:
        return f"the catalogue of {self.catalogue.dated}"


def _agree(listed: Tariff, row: HistoryRow) -> bool:
    """Whether a recorded price is the listed one, which may have more components."""
    known = listed.rates
    return all(
        known.of(name) == rate for name in COMPONENTS if (rate := row.rates.of(name)) is not None
    ) and [tier.above_tokens for tier in listed.tiers] == [above for above, _ in row.tiers]


def _rates(price: ListedPrice) -> Rates:
    # Reasoning is answered at the output's price: a zero beside one says that nothing is added.
    reasoning = None if price.reasoning == 0 and price.output else price.reasoning
    return Rates(
        input=price.input,
        output=price.output,
        cache_read=price.cache_read,
        cache_write_5m=price.cache_write,
        reasoning=reasoning,
        input_audio=price.input_audio,
        output_audio=price.output_audio,
    )
