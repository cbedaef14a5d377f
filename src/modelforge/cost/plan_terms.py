"""From a price book to the terms of a plan: batch, hours, prices that change meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Protocol

from modelforge.catalogue.overlay import Overlay, Window
from modelforge.core.model_id import ModelId
from modelforge.cost.model_terms import ModelTerms, TermShare
from modelforge.cost.request_sample import HOURS_OF_A_WEEK
from modelforge.cost.scenario import CostScenario
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Mode, NoTariff, Terms

_STEPS_AN_HOUR: Final = 4  # prices change at half past too
_NO_BATCH: Final = "no batch price is known: billed as any other request"


class Quotes(Protocol):
    """What gives prices: `modelforge.catalogue.price_book.PriceBook`."""

    @property
    def overlay(self) -> Overlay:
        """The rules beside what is listed."""
        ...

    def quote(
        self, id_: ModelId, *, mode: Mode = "standard", as_of: datetime | None = None
    ) -> Quote:
        """The terms of a model."""
        ...


class PlanTerms:
    """Finds what a scenario's requests are billed by.

    Args:
        quotes: where prices are from.
        today: the first day of a scenario that names none.
    """

    def __init__(self, quotes: Quotes, *, today: date) -> None:
        self._quotes = quotes
        self._today = today
        self._known: dict[tuple[ModelId, Mode, datetime | None], Terms] = {}
        self._weeks: dict[tuple[Hashable, ...], list[tuple[datetime, float]]] = {}
        overlay = quotes.overlay
        # Providers and models that anything but one standard price is known of.
        self._windowed = {name for window in overlay.windows for name in window.scope.providers}
        self._changing: dict[ModelId, list[datetime]] = defaultdict(list)
        for row in sorted(overlay.history, key=lambda row: row.since):
            self._changing[row.id].append(row.since)
        self._moded = {(rule.mode, name) for rule in overlay.modes for name in rule.scope.providers}

    def decided_by(self, scenario: CostScenario) -> tuple[Hashable, ...]:
        """What of ``scenario`` decides its terms: those of two that agree in it are the same."""
        return scenario.batch_share, scenario.start, scenario.days, scenario.hours

    def apart(self, scenario: CostScenario, ids: Sequence[ModelId]) -> list[int]:
        """The places of ``ids`` whose terms are not the `usual` ones in this scenario."""
        if scenario.start is not None:
            return list(range(len(ids)))
        providers = set(self._windowed)
        if scenario.batch_share:
            providers |= {name for mode, name in self._moded if mode == "batch"}
        changing = {id_ for id_ in self._changing if self._changes(scenario, id_)}
        return [
            place
            for place, id_ in enumerate(ids)
            if id_.provider in providers or (changing and id_ in changing)
        ]

    def usual(self, id_: ModelId) -> ModelTerms:
        """One price for all requests, whatever their hour, day and haste."""
        return ModelTerms.always(id_, self._terms(id_, "standard", None))

    def of(self, scenario: CostScenario, ids: Iterable[ModelId]) -> list[ModelTerms]:
        """The terms of each of ``ids``, in order."""
        return [self.one(scenario, id_) for id_ in ids]

    def one(self, scenario: CostScenario, id_: ModelId) -> ModelTerms:
        """The terms of one model.

        The share of the requests that goes through a batch interface is billed as usual, with a
        note, where no batch price is known.
        """
        batch = scenario.batch_share
        notes: list[str] = []
        shares: list[TermShare] = []
        if batch < 1:
            shares += self._in_time(scenario, id_, "standard", 1 - batch)
        if batch > 0:
            batched = self._in_time(scenario, id_, "batch", batch)
            missing = next((s.terms for s in batched if isinstance(s.terms, NoTariff)), None)
            if missing is not None and missing.kind == "unknown":
                notes.append(_NO_BATCH)
                batched = self._in_time(scenario, id_, "standard", batch)
            shares += batched
        return ModelTerms(id=id_, shares=tuple(shares), notes=tuple(notes))

    def batch(self, scenario: CostScenario, id_: ModelId) -> ModelTerms | str:
        """The terms of its batch interface alone, or why there are none."""
        shares = self._in_time(scenario, id_, "batch", 1.0)
        for share in shares:
            if isinstance(share.terms, NoTariff):
                return share.terms.reason
        return ModelTerms(id=id_, shares=tuple(shares))

    def _in_time(
        self, scenario: CostScenario, id_: ModelId, mode: Mode, whole: float
    ) -> list[TermShare]:
        """The terms of ``whole``, a share of the requests, over the days and hours of a plan."""
        if mode != "standard" and (mode, id_.provider) not in self._moded:
            unknown = NoTariff(reason=f"no {mode} price of {id_.provider} is known")
            return [TermShare(terms=unknown, share=whole)]
        dated = scenario.start is not None or self._changes(scenario, id_)
        windows: tuple[Window, ...] = ()
        if id_.provider in self._windowed:
            windows = tuple(w for w in self._quotes.overlay.windows if w.scope.names(id_))
        if not dated and not windows:
            return [TermShare(terms=self._terms(id_, mode, None), share=whole)]
        parts = self._parts(scenario, id_)
        if not windows:
            return [
                TermShare(terms=self._terms(id_, mode, start), share=whole * part, month=month)
                for month, start, part in parts
            ]
        return [
            TermShare(terms=self._terms(id_, mode, moment), share=whole * part * share, month=month)
            for month, start, part in parts
            for moment, share in self._hours(scenario, windows, start)
        ]

    def _parts(self, scenario: CostScenario, id_: ModelId) -> Iterator[tuple[int, datetime, float]]:
        """Each month, cut where a price changes: its number, when a part begins, its share."""
        starts = scenario.month_starts(self._today)
        for month, (first, days) in enumerate(zip(starts, scenario.month_days, strict=True)):
            begin, whole = _midnight(first), timedelta(days=days)
            changes = self._changing.get(id_, ())
            cuts = [begin, *(cut for cut in changes if begin < cut < begin + whole), begin + whole]
            for start, end in pairwise(cuts):
                yield month, start, (end - start) / whole

    def _terms(self, id_: ModelId, mode: Mode, as_of: datetime | None) -> Terms:
        key = (id_, mode, as_of)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._quotes.quote(id_, mode=mode, as_of=as_of).terms
        return found

    def _changes(self, scenario: CostScenario, id_: ModelId) -> bool:
        """Whether a price that is known already takes effect during the plan."""
        first = _midnight(self._today)
        last = first + timedelta(days=scenario.days)
        return any(first < since < last for since in self._changing.get(id_, ()))

    def _hours(
        self, scenario: CostScenario, windows: tuple[Window, ...], start: datetime
    ) -> list[tuple[datetime, float]]:
        """A moment for each different price of the week, and the share of the requests there."""
        key = (*map(id, windows), scenario.hours, start)  # they live as long as this
        if key in self._weeks:
            return self._weeks[key]
        weights = _week(scenario.hours)
        shares: dict[tuple[bool, ...], float] = defaultdict(float)
        moments: dict[tuple[bool, ...], datetime] = {}
        total = sum(weights) * _STEPS_AN_HOUR
        for step in range(HOURS_OF_A_WEEK * _STEPS_AN_HOUR):
            moment = start + timedelta(hours=step / _STEPS_AN_HOUR)
            opened = tuple(w.scope.holds(moment) and w.open(moment) for w in windows)
            hour = moment.weekday() * 24 + moment.hour
            shares[opened] += weights[hour] / total
            moments.setdefault(opened, moment)
        found = [(moments[opened], share) for opened, share in shares.items() if share]
        self._weeks[key] = found
        return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _week(hours: Sequence[float]) -> Sequence[float]:
    if not hours:
        return (1.0,) * HOURS_OF_A_WEEK
    return hours if len(hours) == HOURS_OF_A_WEEK else tuple(hours) * 7
