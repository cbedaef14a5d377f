"""What could be saved, each with what must be true for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from modelforge.core.model_id import ModelId
from modelforge.cost.bill_lines import BillLines
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.scenario import CostScenario
from modelforge.cost.totals import Totals
from modelforge.cost.traffic import Traffic
from modelforge.pricing.charge import Status


@dataclass(frozen=True, kw_only=True, slots=True)
class SavingPlan:
    """What is assumed.

    Attributes:
        shared_prompt: the share of every prompt that is the same text at its start.
        written: the share of the prompts that is written to the cache to keep it there.
        waiting: the share of the requests that may wait for hours.
        moved: the share of the requests that the smaller model answers well enough.
        shorter: how much shorter answers could be.
    """

    shared_prompt: float = 0.5
    written: float = 0.05
    waiting: float = 0.5
    moved: float = 0.3
    shorter: float = 0.2


DEFAULT_PLAN: Final = SavingPlan()


@dataclass(frozen=True, kw_only=True, slots=True)
class Saving:
    """Dollars over the scenario's days; None with the reason in ``note`` where there is no way.

    A negative saving costs more than it saves, and is shown all the same.
    """

    name: str
    usd: float | None
    assumption: str
    note: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SavingTerms:
    """The terms of a model for what might be done instead; None with a reason in its place.

    Attributes:
        model: as it is billed now; ``batch``: by its batch interface alone.
        smaller: another model for a part of the requests.
    """

    model: ModelTerms
    batch: ModelTerms | str
    smaller: ModelTerms | str


def savings(
    scenario: CostScenario,
    terms: SavingTerms,
    *,
    plan: SavingPlan = DEFAULT_PLAN,
    seed: int = 0,
) -> tuple[Saving, ...]:
    """Each saving alone, against the bill as it is, the largest first; they do not add up."""
    traffic = Traffic.of(scenario, seed=seed)
    now = _bill(scenario, terms.model, traffic)
    if now.usd is None or now.status != "priced":
        return ()
    found = (
        _caching(scenario, terms.model, plan, now.usd, seed),
        _batch(scenario, terms.batch, plan, now.usd, traffic),
        _smaller(scenario, terms.smaller, plan, now, traffic),
        _shorter(scenario, terms.model, plan, now.usd, traffic),
    )
    return tuple(sorted(found, key=lambda saving: -(saving.usd or 0.0)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Bill:
    """Dollars, and whether they are all of the bill; None: there are none."""

    usd: float | None
    status: Status


def _bill(scenario: CostScenario, model: ModelTerms, traffic: Traffic) -> _Bill:
    totals = Totals.of(scenario, BillLines.of([model]), traffic)
    usd, status = float(totals.usd[0]), totals.verdict(0).status
    return _Bill(usd=None if math.isnan(usd) else usd, status=status)


def _caching(
    scenario: CostScenario, model: ModelTerms, plan: SavingPlan, now_usd: float, seed: int
) -> Saving:
    name = "prompt caching"
    assumption = (
        f"{plan.shared_prompt:.0%} of every prompt is the same text at its start and is read from"
        f" the cache, {plan.written:.0%} is written to it"
    )
    if scenario.requests is not None and scenario.requests.cached.any():
        return Saving(
            name=name, usd=None, assumption=assumption, note="what is cached now is measured"
        )
    if scenario.cache_hit_rate >= plan.shared_prompt:
        said = f"{scenario.cache_hit_rate:.0%} of the prompts is read from it already"
        return Saving(name=name, usd=None, assumption=assumption, note=said)
    changed = _cached(scenario, plan.shared_prompt, min(plan.written, 1 - plan.shared_prompt))
    then = _bill(changed, model, Traffic.of(changed, seed=seed))
    if then.status == "partial":
        # Who lists no price for a write lets the first request pay it as input.
        changed = _cached(scenario, plan.shared_prompt, 0.0)
        then = _bill(changed, model, Traffic.of(changed, seed=seed))
    if then.status != "priced" or then.usd is None:
        return Saving(
            name=name, usd=None, assumption=assumption, note="no price of cached tokens is known"
        )
    return Saving(name=name, usd=now_usd - then.usd, assumption=assumption)


def _cached(scenario: CostScenario, read: float, written: float) -> CostScenario:
    """The scenario with these shares of every prompt read from a cache, and written to it."""
    sample = scenario.requests
    if sample is None:
        return replace(scenario, cache_hit_rate=read, cache_write_rate=written)
    tokens = replace(sample, cached=sample.prompt * read, written=sample.prompt * written)
    return replace(scenario, requests=tokens)


def _batch(
    scenario: CostScenario,
    batch: ModelTerms | str,
    plan: SavingPlan,
    now_usd: float,
    traffic: Traffic,
) -> Saving:
    name = "batch"
    more = plan.waiting - scenario.batch_share
    assumption = f"{plan.waiting:.0%} of the requests may wait for hours"
    if isinstance(batch, str):
        return Saving(name=name, usd=None, assumption=assumption, note=batch)
    if more <= 0:
        said = f"{scenario.batch_share:.0%} of the requests are batched already"
        return Saving(name=name, usd=None, assumption=assumption, note=said)
    one = replace(scenario, batch_share=0.0)
    then = _bill(one, batch, traffic)
    if then.usd is None or then.status != "priced":
        return Saving(name=name, usd=None, assumption=assumption, note="no batch price is known")
    unbatched = 1 - scenario.batch_share
    standard = (now_usd - then.usd * scenario.batch_share) / unbatched if unbatched else then.usd
    return Saving(name=name, usd=more * (standard - then.usd), assumption=assumption)


def _smaller(
    scenario: CostScenario,
    smaller: ModelTerms | str,
    plan: SavingPlan,
    now: _Bill,
    traffic: Traffic,
) -> Saving:
    name = "a smaller model"
    if isinstance(smaller, str):
        assumption = f"another model answers {plan.moved:.0%} of the requests well enough"
        return Saving(name=name, usd=None, assumption=assumption, note=smaller)
    assumption = (
        f"{smaller.id} answers {plan.moved:.0%} of the requests well enough, in as many tokens:"
        " measure it with modelforge compare"
    )
    then = _bill(scenario, smaller, traffic)
    if then.usd is None or then.status != "priced" or now.usd is None:
        return Saving(
            name=name, usd=None, assumption=assumption, note=f"{smaller.id} has no full price"
        )
    return Saving(name=name, usd=plan.moved * (now.usd - then.usd), assumption=assumption)


def _shorter(
    scenario: CostScenario, model: ModelTerms, plan: SavingPlan, now_usd: float, traffic: Traffic
) -> Saving:
    then = _bill(scenario, model, traffic.scaled(completion=1 - plan.shorter))
    return Saving(
        name="shorter answers",
        usd=None if then.usd is None else now_usd - then.usd,
        assumption=f"answers are {plan.shorter:.0%} shorter, by max tokens or by asking for it",
    )


def smaller_model(model: ModelId, totals: Totals, *, able: frozenset[ModelId]) -> ModelId | None:
    """The cheapest metered model among ``able``; None: none of ``totals`` is cheaper."""
    now = next((totals.usd[place] for place, id_ in enumerate(totals.ids) if id_ == model), 0.0)
    for place in totals.comparable():
        if totals.ids[place] in able and totals.usd[place] < now:
            return totals.ids[place]
    return None
