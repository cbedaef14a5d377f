"""Which model answers all scenarios for least, among those that meet every condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelforge.catalogue.model import Model
from modelforge.core.model_id import ModelId
from modelforge.cost.constraints import Constraints, Test
from modelforge.cost.fitness import THINKS, Fitness
from modelforge.cost.projection import Projection
from modelforge.cost.scenario import CostScenario
from modelforge.cost.totals import Totals
from modelforge.cost.traffic import Traffic
from modelforge.stats.interval import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A model that meets every condition and has a full price.

    Attributes:
        usd: of all scenarios together.
        by_scenario: US dollars by the scenario's name.
    """

    model: ModelId
    usd: float
    by_scenario: Mapping[str, float]
    quality: float | None
    latency_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommendation:
    """The answer as data.

    Attributes:
        candidates: all of them, the cheapest first; the first is recommended.
        intervals: of the first of them, as many as were asked for: the ends of all scenarios
            added up, which is cautious.
        excluded: the models that each condition alone excludes, by the condition.
        only: the models that a condition excludes and no other does, so many by the condition.
        unpriced: why models have no full price, by model; ``free`` and ``subscription`` models are
            paid otherwise. All three are no candidates: none of them is cheapest.
        considered: how many models there were.
    """

    candidates: tuple[Candidate, ...]
    intervals: tuple[Interval, ...]
    excluded: Mapping[str, tuple[ModelId, ...]]
    only: Mapping[str, int]
    free: tuple[ModelId, ...]
    subscription: tuple[ModelId, ...]
    unpriced: Mapping[ModelId, str]
    considered: int
    reasons: tuple[str, ...]

    @property
    def best(self) -> Candidate | None:
        """The cheapest candidate."""
        return self.candidates[0] if self.candidates else None


ProjectionOf = Callable[[CostScenario, Sequence[ModelId]], Projection]
"""The bills of a scenario with some models, in full."""


def recommend(
    scenarios: Sequence[CostScenario],
    totals: Sequence[Totals],
    models: Sequence[Model],
    constraints: Constraints,
    *,
    traffics: Sequence[Traffic],
    projection_of: ProjectionOf,
    told: int,
) -> Recommendation:
    """Choose among ``models``.

    Beside ``constraints``, a model must take and give text, and the longest request of the
    scenarios must fit into its context and its output.

    Args:
        totals: of each of ``scenarios``, with ``models`` in their order.
        traffics: the requests of each.
        projection_of: works out the intervals of the first ``told`` candidates.
    """
    tests = [*constraints.tests(), *_fitting(traffics)]
    failed = np.array([[not test(model) for model in models] for _, test in tests], dtype=bool)
    usd = np.sum([one.usd for one in totals], axis=0)
    names = [name for name, _ in tests]
    if constraints.max_cost is not None:
        names.append(f"cost of at most ${constraints.max_cost:,.2f}")
        failed = np.vstack([failed, ~(usd <= constraints.max_cost)])
    failed = failed.reshape(len(names), len(models))
    meets: NDArray[np.bool_] = np.logical_not(failed.any(axis=0))
    alone = failed.sum(axis=0) == 1
    sorted_out = _sorted_out(totals, models, meets)
    candidates = sorted(
        (
            _candidate(place, scenarios, totals, model, constraints)
            for place, model in enumerate(models)
            if meets[place] and sorted_out[place] is None
        ),
        key=lambda candidate: (candidate.usd, str(candidate.model)),
    )
    kinds = {
        kind: tuple(m.id for m, out in zip(models, sorted_out, strict=True) if out == kind)
        for kind in ("free", "subscription")
    }
    unpriced = {
        model.id: out
        for model, out in zip(models, sorted_out, strict=True)
        if out is not None and out not in kinds
    }
    first = [candidate.model for candidate in candidates[:told]]
    projections = [projection_of(one, first) for one in scenarios]
    return Recommendation(
        candidates=tuple(candidates),
        intervals=_intervals(projections),
        excluded={
            name: tuple(model.id for model, out in zip(models, row, strict=True) if out)
            for name, row in zip(names, failed, strict=True)
        },
        only={name: int((row & alone).sum()) for name, row in zip(names, failed, strict=True)},
        free=kinds["free"],
        subscription=kinds["subscription"],
        unpriced=unpriced,
        considered=len(models),
        reasons=(
            *_reasons(candidates, projections, names, models, constraints),
            *_thinks(candidates, scenarios, models),
        ),
    )


def _fitting(traffics: Sequence[Traffic]) -> list[tuple[str, Test]]:
    fitness = Fitness.of(traffics)
    return [
        ("answers text with text", fitness.answers),
        (f"the longest request, {fitness.longest:,} tokens, fits", fitness.holds),
    ]


def _sorted_out(
    totals: Sequence[Totals], models: Sequence[Model], meets: NDArray[np.bool_]
) -> list[str | None]:
    """Why a model that meets every condition is no candidate all the same; None: it is one."""
    found: list[str | None] = []
    for place in range(len(models)):
        said: str | None = None
        if meets[place]:
            for verdict in (one.verdict(place) for one in totals):
                if verdict.kind in ("free", "subscription"):
                    said = verdict.kind
                elif verdict.status != "priced":
                    said = "; ".join(verdict.reasons) or "no price is known"
                if said is not None:
                    break
        found.append(said)
    return found


def _candidate(
    place: int,
    scenarios: Sequence[CostScenario],
    totals: Sequence[Totals],
    model: Model,
    constraints: Constraints,
) -> Candidate:
    name, amounts = str(model.id), [float(one.usd[place]) for one in totals]
    return Candidate(
        model=model.id,
        usd=sum(amounts),
        by_scenario={one.name: usd for one, usd in zip(scenarios, amounts, strict=True)},
        quality=constraints.quality.get(name),
        latency_s=constraints.latency_s.get(name),
    )


def _intervals(projections: Sequence[Projection]) -> tuple[Interval, ...]:
    """Of each model, the ends of its bills added up."""
    low = np.sum([one.low for one in projections], axis=0).tolist()
    high = np.sum([one.high for one in projections], axis=0).tolist()
    level = projections[0].level
    return tuple(
        Interval(low=least, high=most, level=level) for least, most in zip(low, high, strict=True)
    )


def _same_for_the_tokens(projections: Sequence[Projection]) -> bool:
    """Whether the second may be as cheap as the first, asked the very same requests."""
    return sum(one.least_more(1, than=0) for one in projections) <= 0


def _reasons(
    candidates: Sequence[Candidate],
    projections: Sequence[Projection],
    names: Sequence[str],
    models: Sequence[Model],
    constraints: Constraints,
) -> tuple[str, ...]:
    count = f"{len(models):,}"
    if not candidates:
        said = [f"none of {count} models meets every condition and has a full price"]
        return (*said, *_strangers(models, constraints))
    best = candidates[0]
    of = f"the cheapest of {len(candidates):,} models, of {count}, that meet"
    if len(candidates) == 1:
        of = f"the only one of {count} models that meets"
    said = [f"{of} every condition: {'; '.join(names)}"]
    if len(candidates) > 1:
        second = candidates[1]
        more = second.usd - best.usd
        said.append(f"{second.model} is next and costs ${more:,.2f} more")
        if _same_for_the_tokens(projections):
            said.append("asked the same requests, the two may cost the same: other tokens decide")
    return (*said, *_quality(best, constraints))


def _quality(best: Candidate, constraints: Constraints) -> Iterator[str]:
    """What is known of the answers of the cheapest, and how well."""
    if best.quality is None:
        yield (
            "nothing is known of its answers' quality, only that it is cheap: give scores of your"
            " own (quality) and the least that will do (min_quality)"
        )
        return
    interval = constraints.quality_interval.get(str(best.model))
    least = constraints.min_quality
    if interval is not None and least is not None and interval.low < least:
        yield (
            f"its quality is {best.quality:.3g} and may be as low as {interval.low:.3g}: that it is"
            f" at least {least:g} is not sure, and more graded answers would tell"
        )


def _thinks(
    candidates: Sequence[Candidate], scenarios: Sequence[CostScenario], models: Sequence[Model]
) -> Iterator[str]:
    """That the cheapest may think, where the tokens of an answer were assumed."""
    if not candidates or all(one.requests is not None for one in scenarios):
        return
    best = next(model for model in models if model.id == candidates[0].model)
    if best.reasoning:
        yield f"it {THINKS}"


def _strangers(models: Sequence[Model], constraints: Constraints) -> Iterator[str]:
    """That scores or latencies are of names which nothing has, where they are all so."""
    known = {str(model.id) for model in models}
    for what, given in (("quality", constraints.quality), ("latency", constraints.latency_s)):
        if given and known.isdisjoint(given):
            yield (
                f"no model of the {what} is in the catalogue, such as {next(iter(given))}: name"
                " each as provider/model"
            )
