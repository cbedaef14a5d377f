"""What a list of prices cannot say, as rules of ours: each with its source and the day it was read.

The rules are written in ``data/overlay.yaml`` and read from ``data/overlay.json``, which
``scripts/build_overlay.py`` makes of it: JSON loads in a millisecond, YAML in fifty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from modelforge.core.model_id import ModelId
from modelforge.pricing.component import COMPONENTS, Component
from modelforge.pricing.tariff import Mode, Rates, Rule

OVERLAY_FILE: Final = Path(__file__).parent / "data" / "overlay.json"
_FRIDAY: Final = 5

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Whose models a rule is about, and when it holds.

    ``models`` and ``but_not`` are patterns of model names, with ``*``; a provider ``*`` is every
    one. ``since`` is included, ``until`` is not.
    """

    providers: tuple[str, ...]
    models: tuple[str, ...] = ("*",)
    but_not: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    def concerns(self, provider: str) -> bool:
        """Whether it may be about models of ``provider``."""
        return provider in self.providers or "*" in self.providers

    def names(self, id_: ModelId) -> bool:
        """Whether it is about the model ``id_`` at some time."""
        name = id_.model
        return (
            self.concerns(id_.provider)
            and any(fnmatchcase(name, pattern) for pattern in self.models)
            and not any(fnmatchcase(name, pattern) for pattern in self.but_not)
        )

    def covers(self, id_: ModelId, moment: datetime) -> bool:
        """Whether it is about the model ``id_`` at ``moment``."""
        return self.names(id_) and self.holds(moment)

    def holds(self, moment: datetime) -> bool:
        """Whether it is about any model at ``moment``."""
        return (self.since is None or moment >= self.since) and (
            self.until is None or moment < self.until
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ModeRule:
    """What a mode costs, as a factor of the standard rates.

    ``factors`` are of single components, None where nothing is published for one.
    """

    scope: Scope
    rule: Rule
    mode: Mode
    factor: Decimal
    factors: Mapping[Component, Decimal | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class DerivedRates:
    """Rates that are a multiple of the input's, where they are not listed themselves."""

    scope: Scope
    rule: Rule
    of_input: Mapping[Component, Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """Where a tier begins, for models whose lists say ``listed``: above ``above`` input tokens."""

    scope: Scope
    rule: Rule
    listed: int
    above: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Hours of the day with a price of their own.

    ``hours`` are UTC, each from its first moment until before its second, over midnight where the
    second is the earlier one. ``factor`` is of the listed rates, ``rates`` stand in place of them.
    ``weekdays`` are Monday to Friday, and ``but_not_on`` dates, both of the zone ``utc_offset_h``.
    """

    scope: Scope
    rule: Rule
    hours: tuple[tuple[time, time], ...]
    factor: Decimal
    rates: Rates | None = None
    weekdays: bool = False
    but_not_on: frozenset[str] = frozenset()
    utc_offset_h: int = 0

    def open(self, moment: datetime) -> bool:
        """Whether ``moment`` is in these hours, on a day that has them."""
        there = moment.astimezone(timezone(timedelta(hours=self.utc_offset_h)))
        if self.weekdays and there.isoweekday() > _FRIDAY:
            return False
        if there.date().isoformat() in self.but_not_on:
            return False
        clock = moment.astimezone(UTC).time()
        return any(
            first <= clock < last if first < last else not last <= clock < first
            for first, last in self.hours
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Uplift:
    """What serving in a region costs more, as a factor; ``regions`` with ``*`` are all of them."""

    scope: Scope
    rule: Rule
    regions: tuple[str, ...]
    factor: Decimal
    released_since: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestFee:
    """US dollars for each request, beside its tokens."""

    scope: Scope
    rule: Rule
    usd: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """Models that are paid by a plan: a listed price of zero is then no price."""

    scope: Scope
    rule: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class PassThrough:
    """A provider that charges what the maker of the model lists; models are ``maker/model``."""

    scope: Scope
    rule: Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRow:
    """Rates of one model from a moment on, where they were published and when that was read."""

    id: ModelId
    since: datetime
    rates: Rates
    tiers: tuple[tuple[int, Rates], ...]
    source: str
    dated: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlay:
    """Every rule, by kind."""

    modes: tuple[ModeRule, ...] = ()
    derived: tuple[DerivedRates, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    windows: tuple[Window, ...] = ()
    uplifts: tuple[Uplift, ...] = ()
    request_fees: tuple[RequestFee, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    pass_through: tuple[PassThrough, ...] = ()
    providers: Mapping[str, str] = field(default_factory=dict)
    history: tuple[HistoryRow, ...] = ()

    def plan(self, id_: ModelId) -> Rule | None:
        """The plan that pays for a model, where one does: its listed zero is no price."""
        return next((plan.rule for plan in self.subscriptions if plan.scope.names(id_)), None)

    def of(self, provider: str) -> Overlay:
        """The rules that are about any model of ``provider``: of most there are none."""
        scoped: dict[str, Any] = {
            name: tuple(rule for rule in getattr(self, name) if rule.scope.concerns(provider))
            for name in _SCOPED
        }
        history = tuple(row for row in self.history if row.id.provider == provider)
        return replace(self, **scoped, history=history)


_SCOPED: Final = tuple(
    one.name for one in fields(Overlay) if one.name not in ("providers", "history")
)


@cache
def load_overlay(path: Path = OVERLAY_FILE) -> Overlay:
    """The rules in the package."""
    return decode_overlay(json.loads(path.read_bytes()))


def decode_overlay(tree: Mapping[str, Any]) -> Overlay:
    """The rules of a document.

    Raises:
        ValueError, LookupError, TypeError, ArithmeticError: it is not one.
    """
    days = {name: frozenset(days) for name, days in tree.get("holidays", {}).items()}
    return Overlay(
        modes=tuple(
            ModeRule(
                **_common(row),
                mode=row["mode"],
                factor=Decimal(row["factor"]),
                factors=_factors(row.get("factors", {})),
            )
            for row in tree["modes"]
        ),
        derived=tuple(
            DerivedRates(**_common(row), of_input=_components(row["of_input"]))
            for row in tree["derived"]
        ),
        thresholds=tuple(
            Threshold(**_common(row), listed=int(row["listed"]), above=int(row["above"]))
            for row in tree["thresholds"]
        ),
        windows=tuple(_window(row, days) for row in tree["windows"]),
        uplifts=tuple(
            Uplift(
                **_common(row),
                regions=tuple(row["regions"]),
                factor=Decimal(row["factor"]),
                released_since=row.get("released_since"),
            )
            for row in tree["uplifts"]
        ),
        request_fees=tuple(
            RequestFee(**_common(row), usd=Decimal(row["usd"])) for row in tree["request_fees"]
        ),
        subscriptions=tuple(Subscription(**_common(row)) for row in tree["subscriptions"]),
        pass_through=tuple(PassThrough(**_common(row)) for row in tree["pass_through"]),
        providers=dict(tree["providers"]),
        history=tuple(
            row for name, rows in tree["history"].items() for row in history_rows(name, rows)
        ),
    )


def history_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> list[HistoryRow]:
    """The dated rates of the model ``name``, the earliest first."""
    found = [
        HistoryRow(
            id=ModelId.parse(name),
            since=moment(row["since"]),
            rates=read_rates(row["rates"]),
            tiers=tuple(
                (int(above), read_rates(rates)) for above, rates in row.get("tiers", {}).items()
            ),
            source=row["source"],
            dated=row.get("dated"),
        )
        for row in rows
    ]
    return sorted(found, key=lambda row: row.since)


def read_rates(values: Mapping[str, str]) -> Rates:
    """Rates by component, US dollars per million tokens."""
    rates: dict[str, Any] = _components(values)
    return Rates(**rates)


def moment(text: str) -> datetime:
    """A time with its zone, as in ``2025-09-05T16:00Z``."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: add Z")
    return found


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "scope": Scope(
            providers=tuple(row["providers"]),
            models=tuple(row.get("models", ("*",))),
            but_not=tuple(row.get("but_not", ())),
            since=None if row.get("since") is None else moment(row["since"]),
            until=None if row.get("until") is None else moment(row["until"]),
        ),
        "rule": Rule(text=row["text"], source=row["source"], dated=row["dated"]),
    }


def _components(values: Mapping[str, str]) -> dict[Any, Decimal]:
    return {name: Decimal(value) for name, value in _named(values).items()}


def _factors(values: Mapping[str, str | None]) -> dict[Any, Decimal | None]:
    return {
        name: None if value is None else Decimal(value) for name, value in _named(values).items()
    }


def _named(values: Mapping[str, T]) -> Mapping[str, T]:
    unknown = values.keys() - set(COMPONENTS)
    if unknown:
        raise ValueError(f"{sorted(unknown)} are not components of a price")
    return values


def _window(row: Mapping[str, Any], days: Mapping[str, frozenset[str]]) -> Window:
    rates = row.get("rates")
    return Window(
        **_common(row),
        hours=tuple(
            (time.fromisoformat(first), time.fromisoformat(last)) for first, last in row["hours"]
        ),
        factor=Decimal(row.get("factor", 1)),
        rates=None if rates is None else read_rates(rates),
        weekdays=row.get("weekdays", False),
        but_not_on=days[row["holidays"]] if "holidays" in row else frozenset(),
        utc_offset_h=row.get("utc_offset_h", 0),
    )
