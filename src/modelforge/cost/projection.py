"""What scenarios cost with models, with the interval that their tokens leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from modelforge.core.model_id import ModelId
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.rate_matrix import RateMatrix, RateRows, Units, used_columns
from modelforge.cost.scenario import CostScenario
from modelforge.cost.traffic import Traffic
from modelforge.pricing.charge import Status
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.tariff import NoTariff, Tariff
from modelforge.stats.interval import Interval

BILL_COMPONENTS: Final = (*COMPONENTS, "request")
"""The components of a bill; ``request`` are fees."""

RESAMPLES: Final = 1000

Kind = Literal["metered", "free", "subscription", "unknown"]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelBill:
    """What a scenario costs with one model.

    Attributes:
        status: ``priced``; ``partial``: ``usd`` is less than the bill, as ``reasons`` say;
            ``unpriced``: there is no ``usd``.
        kind: only ``metered`` bills can be compared to find the cheapest.
        usd: over all days, US dollars; an expected value.
        interval: where the bill lies, as far as the tokens of its requests decide; None: not known.
        by_component, by_month: the parts of ``usd``.
        above: the share of the requests that a higher price for long prompts applies to.
    """

    scenario: str
    model: ModelId
    status: Status
    kind: Kind
    usd: float | None
    interval: Interval | None
    usd_per_request: float | None
    by_component: Mapping[str, float]
    by_month: tuple[float, ...]
    above: float
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Projection:
    """A scenario's bill with every model, in the order of ``ids``; amounts are NaN where unpriced.

    Attributes:
        usd, low, high, above: one a model, as in `ModelBill`.
        components: (models, `BILL_COMPONENTS`); ``months``: (models, months).
    """

    scenario: CostScenario
    ids: tuple[ModelId, ...]
    level: float
    usd: Matrix
    low: Matrix
    high: Matrix
    above: Matrix
    components: Matrix
    months: Matrix
    statuses: tuple[Status, ...]
    kinds: tuple[Kind, ...]
    reasons: tuple[tuple[str, ...], ...]
    notes: tuple[tuple[str, ...], ...] = field(default=())

    def bill(self, place: int) -> ModelBill:
        """The bill of the model at ``place``."""
        usd = float(self.usd[place])
        known = usd == usd  # noqa: PLR0124 (NaN is not itself)
        requests = self.scenario.total_requests
        return ModelBill(
            scenario=self.scenario.name,
            model=self.ids[place],
            status=self.statuses[place],
            kind=self.kinds[place],
            usd=usd if known else None,
            interval=Interval(
                low=float(self.low[place]), high=float(self.high[place]), level=self.level
            )
            if known
            else None,
            usd_per_request=usd / requests if known else None,
            by_component={
                name: float(amount)
                for name, amount in zip(BILL_COMPONENTS, self.components[place], strict=True)
                if known and amount
            },
            by_month=tuple(map(float, self.months[place])) if known else (),
            above=float(self.above[place]) if known else 0.0,
            reasons=self.reasons[place],
            notes=self.notes[place],
        )

    def bills(self) -> Iterator[ModelBill]:
        """Every bill."""
        return map(self.bill, range(len(self.ids)))


def project(
    scenario: CostScenario,
    models: Sequence[ModelTerms],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    traffic: Traffic | None = None,
    known: RateRows | None = None,
) -> Projection:
    """Price ``scenario`` with ``models``.

    The interval is a percentile bootstrap over single requests (see `Traffic.drawn_features`):
    prompt, answer and what was cached of one request stay together, and a request that is above a
    threshold carries its higher price with it.

    Args:
        resamples: of the bootstrap; 0: no interval is asked for, and each is its bill alone.
        traffic: the requests, where the caller changed them; by default the scenario's.
        known: rates that were made numbers before, for those who project often.
    """
    traffic = traffic or Traffic.of(scenario, seed=seed)
    rates = RateMatrix.of([share.terms for model in models for share in model.shares], known)
    units = rates.units(traffic.mean_features(rates.thresholds))
    months = np.asarray(scenario.months)
    shares = _Shares.of(models, rates, months)
    usd = shares.sums(units.usd)
    low, high = usd, usd
    if resamples:
        drawn = traffic.drawn_features(rates.thresholds, resamples=resamples, seed=seed)
        if drawn is not None:
            low, high = shares.interval(rates, drawn, level=level)
    whole = (rates.metered & ~units.missing.any(axis=1)).tolist()
    verdicts = [
        _verdict(model, rates, units, usd[place])
        if not all(whole[rates.rows[id(share.terms)]] for share in model.shares)
        else ("priced", _kind(model), ())
        for place, model in enumerate(models)
    ]
    usd = np.where([status != "unpriced" for status, _, _ in verdicts], usd, np.nan)
    return Projection(
        scenario=scenario,
        ids=tuple(model.id for model in models),
        level=level,
        usd=usd,
        low=low,
        high=high,
        above=shares.sums(units.above) / months.sum(),
        components=np.column_stack([shares.sums(part) for part in units.components.T]),
        months=shares.by_month(units.usd),
        statuses=tuple(status for status, _, _ in verdicts),
        kinds=tuple(kind for _, kind, _ in verdicts),
        reasons=tuple(reasons for _, _, reasons in verdicts),
        notes=tuple(model.notes for model in models),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Shares:
    """How many requests of each month are billed by which row of a `RateMatrix`.

    A line is (model, row, requests by month); a model has one or more.
    """

    count: int
    model: NDArray[np.intp]
    row: NDArray[np.intp]
    requests: Matrix

    @classmethod
    def of(cls, models: Sequence[ModelTerms], rates: RateMatrix, months: Matrix) -> _Shares:
        lines = [
            (place, rates.rows[id(share.terms)], share)
            for place, model in enumerate(models)
            for share in model.shares
        ]
        requests = np.zeros((len(lines), months.size))
        for line, (_, _, share) in enumerate(lines):
            if share.month is None:
                requests[line] = months * share.share
            else:
                requests[line, share.month] = months[share.month] * share.share
        return cls(
            count=len(models),
            model=np.array([place for place, _, _ in lines], dtype=np.intp),
            row=np.array([row for _, row, _ in lines], dtype=np.intp),
            requests=requests,
        )

    def sums(self, unit: Matrix) -> Matrix:
        """For each model, ``unit`` of its rows times their requests."""
        amounts = unit[self.row] * self.requests.sum(axis=1)
        return np.bincount(self.model, weights=amounts, minlength=self.count).astype(np.float64)

    def by_month(self, unit: Matrix) -> Matrix:
        """The same, (models, months)."""
        columns = [
            np.bincount(self.model, weights=unit[self.row] * month, minlength=self.count)
            for month in self.requests.T
        ]
        return np.column_stack(columns)

    def interval(self, rates: RateMatrix, drawn: Matrix, *, level: float) -> tuple[Matrix, Matrix]:
        """The ends of each model's interval; bills that are alike are worked out once.

        A bill is linear in rates: a model's lines are one row of rates, weighted by requests.
        """
        used = used_columns(drawn)
        weighted = rates.flat(self.row, used) * self.requests.sum(axis=1)[:, np.newaxis]
        bills = np.zeros((self.count, used.size))
        np.add.at(bills, self.model, weighted)
        different, places = np.unique(bills, axis=0, return_inverse=True)
        amounts = different @ drawn.reshape(drawn.shape[0], -1)[:, used].T
        low, high = np.quantile(amounts, [(1 - level) / 2, (1 + level) / 2], axis=1)
        unknown = (
            np.bincount(self.model, weights=~rates.metered[self.row], minlength=self.count) > 0
        )
        found = [np.where(unknown, np.nan, end[places.ravel()]) for end in (low, high)]
        return found[0], found[1]


def _verdict(
    model: ModelTerms, rates: RateMatrix, units: Units, usd: float
) -> tuple[Status, Kind, tuple[str, ...]]:
    """Status, kind and reasons of a bill."""
    for share in model.shares:
        if isinstance(share.terms, NoTariff):
            return "unpriced", share.terms.kind, (share.terms.reason,)
    missing = np.zeros(len(BILL_COMPONENTS), dtype=bool)
    for share in model.shares:
        missing |= units.missing[rates.rows[id(share.terms)]]
    kind = _kind(model)
    if not missing.any():
        return "priced", kind, ()
    names = [name for name, lacks in zip(BILL_COMPONENTS, missing, strict=True) if lacks]
    reason = f"no rate is known for {', '.join(names)}"
    if not usd and kind != "free":
        return "unpriced", "unknown", (reason,)
    return "partial", kind, (reason,)


def _kind(model: ModelTerms) -> Kind:
    """Of terms that are tariffs: free only where all of them are."""
    for share in model.shares:
        if isinstance(share.terms, Tariff) and share.terms.kind != "free":
            return "metered"
    return "free"
