"""A cost plan: scenarios, the models shown for each, and what is known of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from modelforge.core.model_id import ModelId
from modelforge.cost.analyzer import CostAnalyzer
from modelforge.cost.fitness import THINKS, Fitness, misfits
from modelforge.cost.projection import ModelBill
from modelforge.cost.savings import DEFAULT_PLAN, Saving, SavingPlan
from modelforge.cost.scenario import CostScenario
from modelforge.cost.sensitivity import Swing
from modelforge.cost.totals import Totals
from modelforge.cost.traffic import Traffic

DETAILED: Final = 3
"""So many named models are told in detail."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelDetail:
    """One bill in full: what could be saved, and which input moves it most."""

    bill: ModelBill
    savings: tuple[Saving, ...]
    sensitivity: tuple[Swing, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioPlan:
    """One scenario.

    Attributes:
        requests: billed over all days, retries included.
        mean_tokens: of a request, by component.
        bills: the models shown: those that were named, or the cheapest that can serve it.
        others: the models not shown, counted by what they are: ``dearer``, ``cannot serve it``,
            ``free``, ``subscription``, ``partly priced``, ``unpriced``.
        unpriced: why models have no full price, by reason and how many.
        cached: it was answered from an earlier analysis; ``reused`` are the models whose bills
            were taken from one.
    """

    scenario: CostScenario
    requests: float
    mean_tokens: Mapping[str, float]
    bills: tuple[ModelBill, ...]
    others: Mapping[str, int]
    unpriced: Mapping[str, int]
    details: tuple[ModelDetail, ...]
    cached: bool
    reused: int
    models: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CostPlan:
    """Several scenarios priced on one day.

    Attributes:
        dated, origin, age_days: of the catalogue.
        level: of the intervals.
        seed: of what was drawn.
        totals: models that are shown for every scenario, and their bills together.
    """

    scenarios: tuple[ScenarioPlan, ...]
    dated: date
    origin: str
    age_days: int
    level: float
    seed: int

    @property
    def totals(self) -> dict[ModelId, float]:
        """What the scenarios cost together with each model that all of them show, in order."""
        if len(self.scenarios) < 2:  # noqa: PLR2004 (one is its own total)
            return {}
        sums: dict[ModelId, float] = {}
        counts: Counter[ModelId] = Counter()
        for plan in self.scenarios:
            for bill in plan.bills:
                if bill.usd is not None and bill.status == "priced":
                    sums[bill.model] = sums.get(bill.model, 0.0) + bill.usd
                    counts[bill.model] += 1
        whole = {id_: usd for id_, usd in sums.items() if counts[id_] == len(self.scenarios)}
        return dict(sorted(whole.items(), key=lambda item: item[1]))


def make_plan(
    analyzer: CostAnalyzer,
    scenarios: Sequence[CostScenario],
    *,
    providers: Sequence[str] = (),
    models: Sequence[ModelId] = (),
    limit: int = 10,
    saving: SavingPlan = DEFAULT_PLAN,
    seed: int = 0,
) -> CostPlan:
    """Price ``scenarios``.

    Args:
        providers: only their models; all of them where there are none.
        models: only these, in this order; the first three are told in detail.
        limit: how many of the cheapest are shown where no models are named.

    Raises:
        ScenarioError: a provider is not known.
    """
    ids = list(models) or analyzer.ids(providers)
    plans = []
    traffics = [Traffic.of(scenario, seed=seed) for scenario in scenarios]
    analyses = analyzer.analyses(scenarios, ids, traffics=traffics)
    for scenario, traffic, analysis in zip(scenarios, traffics, analyses, strict=True):
        shown, unable = ids, 0
        if not models:
            shown, unable = _cheapest_able(analyzer, analysis.totals, traffic, limit)
        bills = tuple(
            _told(bill, analyzer, scenario, traffic)
            for bill in analyzer.projection(scenario, shown, traffic=traffic).bills()
        )
        plans.append(
            ScenarioPlan(
                scenario=scenario,
                requests=scenario.total_requests,
                mean_tokens=traffic.mean_tokens,
                bills=bills,
                others=_others(analysis.totals, bills, unable),
                unpriced=_reasons(analysis.totals),
                details=tuple(
                    ModelDetail(
                        bill=bill,
                        savings=analyzer.savings(scenario, bill.model, plan=saving),
                        sensitivity=analyzer.sensitivity(scenario, bill.model),
                    )
                    for bill in bills[: DETAILED if models else 0]
                    if bill.status == "priced" and bill.usd
                ),
                cached=analysis.cached,
                reused=analysis.reused,
                models=len(ids),
            )
        )
    return CostPlan(
        scenarios=tuple(plans),
        dated=analyzer.catalogue.dated,
        origin=analyzer.catalogue.origin,
        age_days=analyzer.age_days,
        level=_level(plans),
        seed=seed,
    )


def _told(
    bill: ModelBill, analyzer: CostAnalyzer, scenario: CostScenario, traffic: Traffic
) -> ModelBill:
    """The bill, with what its model makes doubtful about it.

    A named model is priced whatever it can serve, and only what is said with it tells that nobody
    would be billed so. Tokens that were assumed rather than counted may lack what it thinks.
    """
    model = analyzer.catalogue.model(bill.model)
    if model is None or bill.usd is None:
        return bill
    said = list(misfits(model, traffic))
    if model.reasoning and scenario.requests is None:
        said.append(THINKS)
    return replace(bill, notes=(*said, *bill.notes))


def _cheapest_able(
    analyzer: CostAnalyzer, totals: Totals, traffic: Traffic, limit: int
) -> tuple[list[ModelId], int]:
    """The cheapest models that can serve it, and how many cheaper ones cannot."""
    fitness = Fitness.of([traffic])
    able: list[ModelId] = []
    unable = 0
    for place in totals.comparable():
        if len(able) == limit:
            break
        model = analyzer.catalogue.model(totals.ids[place])
        if model is not None and model.status != "deprecated" and fitness.fits(model):
            able.append(model.id)
        else:
            unable += 1
    return able, unable


def _others(totals: Totals, bills: Sequence[ModelBill], unable: int) -> dict[str, int]:
    counts = Counter(_word(one.status, one.kind) for one in totals.verdicts.values())
    counts["dearer"] += len(totals.ids) - len(totals.verdicts)
    for bill in bills:
        counts[_word(bill.status, bill.kind)] -= 1
    counts["dearer"] -= unable
    counts["cheaper, and cannot serve it"] = unable
    return {word: count for word, count in counts.items() if count > 0}


def _word(status: str, kind: str) -> str:
    if kind in ("free", "subscription"):
        return "listed as free" if kind == "free" else "paid by a subscription"
    return {"priced": "dearer", "partial": "partly priced"}.get(status, "unpriced")


def _reasons(totals: Totals) -> dict[str, int]:
    """Reasons without the model's own name, so that they can be counted."""
    counts: Counter[str] = Counter()
    for place, verdict in totals.verdicts.items():
        if verdict.kind not in ("free", "subscription"):
            name = str(totals.ids[place])
            counts["; ".join(verdict.reasons).replace(name, "the model")] += 1
    return dict(counts.most_common())


def _level(plans: Sequence[ScenarioPlan]) -> float:
    for plan in plans:
        for bill in plan.bills:
            if bill.interval is not None:
                return bill.interval.level
    return 0.95
