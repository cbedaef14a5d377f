"""What scenarios cost with models, with the interval that their tokens leave."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from modelforge.core.model_id import ModelId
from modelforge.cost.bill_lines import BILL_COMPONENTS, BillLines, Kind, Matrix
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.rate_matrix import RateRows, used_columns
from modelforge.cost.scenario import CostScenario
from modelforge.cost.totals import Totals
from modelforge.cost.traffic import Traffic
from modelforge.pricing.charge import Status
from modelforge.stats.interval import Interval

RESAMPLES: Final = 1000


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Projection:
    """A scenario's bills in full, in the order of ``totals.ids``.

    Attributes:
        drawn: (models, resamples): the bills of requests that were drawn again, the same ones
            for every model; of one column where nothing is uncertain.
        above: see `ModelBill`.
        components: (models, `BILL_COMPONENTS`); ``months``: (models, months).
    """

    scenario: CostScenario
    totals: Totals
    level: float
    drawn: Matrix
    above: Matrix
    components: Matrix
    months: Matrix
    notes: tuple[tuple[str, ...], ...]

    @property
    def usd(self) -> Matrix:
        """US dollars, one a model; NaN where it is unpriced."""
        return self.totals.usd

    @cached_property
    def low(self) -> Matrix:
        """The lower end of each bill's interval."""
        return self._quantile((1 - self.level) / 2)

    @cached_property
    def high(self) -> Matrix:
        """The upper end."""
        return self._quantile((1 + self.level) / 2)

    def least_more(self, one: int, *, than: int) -> float:
        """The lower end of how much more the model ``one`` costs, for the same requests."""
        more = self.drawn[one] - self.drawn[than]
        return float(np.quantile(more, (1 - self.level) / 2))

    def _quantile(self, p: float) -> Matrix:
        found: Matrix = np.quantile(self.drawn, p, axis=1)
        return found

    def bill(self, place: int) -> ModelBill:
        """The bill of the model at ``place``."""
        usd = float(self.usd[place])
        known = not math.isnan(usd)
        verdict = self.totals.verdict(place)
        interval = Interval(
            low=float(self.low[place]), high=float(self.high[place]), level=self.level
        )
        return ModelBill(
            scenario=self.scenario.name,
            model=self.totals.ids[place],
            status=verdict.status,
            kind=verdict.kind,
            usd=usd if known else None,
            interval=interval if known else None,
            usd_per_request=usd / self.scenario.total_requests if known else None,
            by_component={
                name: float(amount)
                for name, amount in zip(BILL_COMPONENTS, self.components[place], strict=True)
                if known and amount
            },
            by_month=tuple(map(float, self.months[place])) if known else (),
            above=float(self.above[place]) if known else 0.0,
            reasons=verdict.reasons,
            notes=self.notes[place],
        )

    def bills(self) -> Iterator[ModelBill]:
        """Every bill."""
        return map(self.bill, range(len(self.totals.ids)))


def project(
    scenario: CostScenario,
    models: Sequence[ModelTerms],
    *,
    seed: int = 0,
    level: float = 0.95,
    traffic: Traffic | None = None,
    known: RateRows | None = None,
) -> Projection:
    """Price ``scenario`` with ``models``, in full.

    The interval is a percentile bootstrap over single requests (see `Traffic.drawn_features`):
    prompt, answer and what was cached of one request stay together, and a request that is above a
    threshold carries its higher price with it. Every model is billed for the same drawn requests,
    so a model's interval does not depend on which others stand beside it.

    Args:
        traffic: the requests, where the caller has them; by default the scenario's.
        known: rates that were made numbers before, for those who project often.
    """
    traffic = traffic or Traffic.of(scenario, seed=seed)
    lines = BillLines.of(models, known)
    rates = lines.rates
    units = rates.units(traffic.mean_features(rates.thresholds))
    months = np.array(scenario.months)
    requests = lines.requests(months)
    totals = Totals.of(scenario, lines, traffic)
    features = traffic.drawn_features(rates.thresholds, resamples=RESAMPLES, seed=seed)
    return Projection(
        scenario=scenario,
        totals=totals,
        level=level,
        drawn=totals.usd[:, np.newaxis] if features is None else _drawn(lines, requests, features),
        above=lines.sums(units.above, requests) / months.sum(),
        components=np.column_stack([lines.sums(part, requests) for part in units.components.T]),
        months=lines.by_month(units.usd, months),
        notes=tuple(model.notes for model in models),
    )


def _drawn(lines: BillLines, requests: Matrix, features: Matrix) -> Matrix:
    """(models, resamples): bills of ``features``.

    A bill is linear in rates: a model's lines are one row of rates, weighted by requests.
    """
    used = used_columns(features)
    weighted = lines.rates.flat(lines.row, used) * requests[:, np.newaxis]
    bills = np.zeros((len(lines.models), used.size))
    np.add.at(bills, lines.model, weighted)
    return bills @ features.reshape(features.shape[0], -1)[:, used].T
