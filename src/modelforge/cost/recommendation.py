"""Which model answers all scenarios for least, among those that meet every condition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelforge.catalogue.model import Model
from modelforge.core.model_id import ModelId
from modelforge.cost.constraints import Constraints, Test
from modelforge.cost.fitness import Fitness
from modelforge.cost.projection import Projection
from modelforge.cost.traffic import Traffic
from modelforge.stats.interval import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A model that meets every condition and has a full price.

    Attributes:
        usd: of all scenarios together; ``interval`` adds up their ends, which is cautious.
        by_scenario: US dollars by the scenario's name.
    """

    model: ModelId
    usd: float
    interval: Interval
    by_scenario: Mapping[str, float]
    quality: float | None
    latency_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recommendation:
    """The answer as data.

    Attributes:
        candidates: all of them, the cheapest first; the first is recommended.
        excluded: the models that each condition alone excludes, by the condition.
        only: the models that a condition excludes and no other does, so many by the condition.
        unpriced: why models have no full price, by model; ``free`` and ``subscription`` models are
            paid otherwise. All three are no candidates: none of them is cheapest.
        considered: how many models there were.
    """

    candidates: tuple[Candidate, ...]
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


def recommend(
    projections: Sequence[Projection],
    models: Sequence[Model],
    constraints: Constraints,
    *,
    seed: int = 0,
) -> Recommendation:
    """Choose among ``models``, which are those of each of ``projections``, in their order.

    Beside ``constraints``, a model must take and give text, and the longest request of the
    scenarios must fit into its context and its output.
    """
    tests = [*constraints.tests(), *_fitting(projections, seed)]
    failed = np.array([[not test(model) for model in models] for _, test in tests], dtype=bool)
    usd = np.sum([projection.usd for projection in projections], axis=0)
    names = [name for name, _ in tests]
    if constraints.max_cost is not None:
        names.append(f"cost of at most ${constraints.max_cost:,.2f}")
        failed = np.vstack([failed, ~(usd <= constraints.max_cost)])
    failed = failed.reshape(len(names), len(models))
    meets: NDArray[np.bool_] = np.logical_not(failed.any(axis=0))
    alone = failed.sum(axis=0) == 1
    sorted_out = _sorted_out(projections, models, meets)
    candidates = sorted(
        (
            _candidate(place, projections, model, constraints)
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
    return Recommendation(
        candidates=tuple(candidates),
        excluded={
            name: tuple(model.id for model, out in zip(models, row, strict=True) if out)
            for name, row in zip(names, failed, strict=True)
        },
        only={name: int((row & alone).sum()) for name, row in zip(names, failed, strict=True)},
        free=kinds["free"],
        subscription=kinds["subscription"],
        unpriced=unpriced,
        considered=len(models),
        reasons=_reasons(candidates, names, len(models)),
    )


def _fitting(projections: Sequence[Projection], seed: int) -> list[tuple[str, Test]]:
    fitness = Fitness.of([Traffic.of(one.scenario, seed=seed) for one in projections])
    return [
        ("answers text with text", fitness.answers),
        (f"the longest request, {fitness.longest:,} tokens, fits", fitness.holds),
    ]


def _sorted_out(
    projections: Sequence[Projection], models: Sequence[Model], meets: NDArray[np.bool_]
) -> list[str | None]:
    """Why a model that meets every condition is no candidate all the same; None: it is one."""
    found: list[str | None] = []
    for place in range(len(models)):
        said: str | None = None
        if meets[place]:
            for projection in projections:
                kind = projection.kinds[place]
                if kind in ("free", "subscription"):
                    said = kind
                elif projection.statuses[place] != "priced":
                    said = "; ".join(projection.reasons[place]) or "no price is known"
                if said is not None:
                    break
        found.append(said)
    return found


def _candidate(
    place: int, projections: Sequence[Projection], model: Model, constraints: Constraints
) -> Candidate:
    name = str(model.id)
    return Candidate(
        model=model.id,
        usd=float(sum(projection.usd[place] for projection in projections)),
        interval=Interval(
            low=float(sum(projection.low[place] for projection in projections)),
            high=float(sum(projection.high[place] for projection in projections)),
            level=projections[0].level,
        ),
        by_scenario={
            projection.scenario.name: float(projection.usd[place]) for projection in projections
        },
        quality=constraints.quality.get(name),
        latency_s=constraints.latency_s.get(name),
    )


def _reasons(candidates: Sequence[Candidate], names: Sequence[str], count: int) -> tuple[str, ...]:
    if not candidates:
        return (f"none of {count:,} models meets every condition and has a full price",)
    best = candidates[0]
    said = [
        (
            f"the cheapest of {len(candidates):,} models, of {count:,}, that meet every condition:"
            f" {'; '.join(names)}"
        )
    ]
    if len(candidates) > 1:
        second = candidates[1]
        more = second.usd - best.usd
        said.append(f"{second.model} is next and costs ${more:,.2f} more")
        if best.interval.high >= second.interval.low and best.interval.low != best.interval.high:
            said.append("their intervals overlap: the tokens alone do not tell them apart")
    if best.quality is None:
        said.append("nothing is known of its answers' quality: give min_quality with your scores")
    return tuple(said)
