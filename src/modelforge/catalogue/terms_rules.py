"""The overlay's rules, applied to a tariff; each that changes something is noted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial

from modelforge.catalogue.overlay import DerivedRates, ModeRule, Overlay, Window
from modelforge.core.model_id import ModelId
from modelforge.pricing.component import Component
from modelforge.pricing.tariff import Mode, NoTariff, Rates, Rule, Tariff, Terms


def in_window(
    tariff: Tariff, id_: ModelId, overlay: Overlay, *, at: datetime, hourly: bool, listed: bool
) -> Tariff:
    """At the price of the hour; hours with rates of their own are for ``listed`` ones only.

    Without an hour (not ``hourly``) the listed rates stand, and that others hold at some hours is
    noted.
    """
    windows = [
        window
        for window in overlay.windows
        if window.scope.covers(id_, at) and (listed or window.rates is None)
    ]
    if not windows:
        return tariff
    if not hourly:
        noted = replace(
            windows[0].rule,
            text=f"another price holds at {_hours(windows)} UTC: give the time of the call",
        )
        return _noting(tariff, noted)
    for window in windows:
        if window.open(at):
            if window.rates is not None:
                return _noting(replace(tariff, rates=window.rates, tiers=()), window.rule)
            return _scaled(tariff, window.factor, window.rule)
    return tariff


def at_thresholds(tariff: Tariff, id_: ModelId, overlay: Overlay, *, at: datetime) -> Tariff:
    """With the thresholds of the model's maker, where the lists have another."""
    for rule in overlay.thresholds:
        wrong = any(tier.above_tokens == rule.listed for tier in tariff.tiers)
        if wrong and rule.scope.covers(id_, at):
            tiers = tuple(
                replace(tier, above_tokens=rule.above) if tier.above_tokens == rule.listed else tier
                for tier in tariff.tiers
            )
            tariff = _noting(replace(tariff, tiers=tiers), rule.rule)
    return tariff


def derive_rates(tariff: Tariff, id_: ModelId, overlay: Overlay, *, at: datetime) -> Tariff:
    """With the rates that a provider defines as multiples of the input's, where none is listed."""
    for rule in overlay.derived:
        if rule.scope.covers(id_, at):
            tariff = _each(tariff, partial(_derived, rule=rule))
    return tariff


def in_region(
    tariff: Tariff,
    id_: ModelId,
    overlay: Overlay,
    *,
    region: str,
    released: str | None,
    at: datetime,
) -> Terms:
    """At the price of a region; where none is published for it, there is no price."""
    if region == "global":
        return tariff
    for uplift in overlay.uplifts:
        named = region in uplift.regions or "*" in uplift.regions
        if not named or not uplift.scope.covers(id_, at):
            continue
        if uplift.released_since and (released or "") < uplift.released_since:
            continue
        return _scaled(tariff, uplift.factor, uplift.rule)
    reason = f"no price of its own is published for {id_} in the region {region}: ask without it"
    return NoTariff(reason=reason)


def in_mode(tariff: Tariff, id_: ModelId, overlay: Overlay, *, mode: Mode, at: datetime) -> Terms:
    """At the price of a mode; where none is published for it, there is no price."""
    if mode == "standard":
        return tariff
    for rule in overlay.modes:
        if rule.mode == mode and rule.scope.covers(id_, at):
            return _noting(_each(tariff, partial(_moded, rule=rule)), rule.rule)
    return NoTariff(reason=f"no {mode} price is known for {id_} on {at:%Y-%m-%d}")


def with_request_fee(tariff: Tariff, id_: ModelId, overlay: Overlay, *, at: datetime) -> Tariff:
    """With the fee of a request, where there is one."""
    for fee in overlay.request_fees:
        if fee.scope.covers(id_, at):
            return _noting(replace(tariff, request_fee=fee.usd), fee.rule)
    return tariff


def _moded(rates: Rates, *, rule: ModeRule) -> Rates:
    def change(part: Component, rate: Decimal) -> Decimal | None:
        factor = rule.factors.get(part, rule.factor)
        return None if factor is None else rate * factor

    return rates.changed(change)


def _derived(rates: Rates, *, rule: DerivedRates) -> Rates:
    if rates.input is None:
        return rates
    found = {
        part: rates.input * times for part, times in rule.of_input.items() if rates.of(part) is None
    }
    noted = dict.fromkeys(found, rule.rule)
    return replace(rates.replaced(found), derived={**rates.derived, **noted})


def _scaled(tariff: Tariff, factor: Decimal, rule: Rule) -> Tariff:
    return _noting(
        _each(tariff, lambda rates: rates.changed(lambda _part, rate: rate * factor)), rule
    )


def _each(tariff: Tariff, change: Callable[[Rates], Rates]) -> Tariff:
    return replace(
        tariff,
        rates=change(tariff.rates),
        tiers=tuple(replace(tier, rates=change(tier.rates)) for tier in tariff.tiers),
    )


def _noting(tariff: Tariff, rule: Rule) -> Tariff:
    return replace(tariff, rules=(*tariff.rules, rule))


def _hours(windows: list[Window]) -> str:
    return ", ".join(
        f"{first:%H:%M}-{last:%H:%M}" for window in windows for first, last in window.hours
    )
