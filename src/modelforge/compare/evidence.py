"""How sure a comparison is: every figure with its interval, every pair prompt by prompt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from modelforge.compare.evidence_plan import EvidencePlan
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import Quantity, Unit
from modelforge.compare.result import ComparisonResult
from modelforge.core.errors import EmptySample, TooFewValues, UnusableSample
from modelforge.stats.bootstrap import bca_bootstrap
from modelforge.stats.clustered import clustered_mean, clustered_quantile, clustered_share
from modelforge.stats.estimate import Estimate
from modelforge.stats.holm import holm
from modelforge.stats.mean import mean
from modelforge.stats.paired_comparison import PairedComparison, compare_paired
from modelforge.stats.quantile_interval import quantile_estimates
from modelforge.stats.repeats import shared_prompts

QUANTILES = (0.5, 0.95)
_BCA = (20, 2000)
"""So many values: under it no bootstrap helps, above it Student's t needs no help."""
_SKEWED = 1.0
_SEED = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFigures:
    """One quantity of one model.

    Attributes:
        prompts: of how many it is known, repeats averaged.
        mean: over prompts; None where the prompts are too few for an interval.
        quantiles: of prompts, in the order of `QUANTILES`; empty for shares.
    """

    model: str
    prompts: int
    mean: Estimate | None
    quantiles: tuple[Estimate, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """Two models on the prompts that both have.

    Attributes:
        prompts: how many those are.
        comparison: None where it cannot be made; ``reason`` says why.
        adjusted_p: by Holm over the pairs of this quantity.
    """

    first: str
    second: str
    prompts: int
    comparison: PairedComparison | None = None
    adjusted_p: float | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class QuantityEvidence:
    """One quantity of all models that have it."""

    quantity: Quantity
    figures: tuple[ModelFigures, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """What a comparison can and cannot say.

    Attributes:
        level: of every interval; the p values are held against what it leaves.
        prompts: how many were asked.
        clusters: they come in so many, a prompt that names none being its own; 0 where none does.
    """

    level: float
    prompts: int
    clusters: int
    quantities: tuple[QuantityEvidence, ...]


_PLAN = EvidencePlan()


def evidence_of_results(
    results: Iterable[ComparisonResult], plan: EvidencePlan = _PLAN
) -> Evidence:
    """`evidence` of answers that are all there."""
    observations = Observations()
    for result in results:
        observations.add_result(result)
    return evidence(observations, plan)


def evidence(observations: Observations, plan: EvidencePlan = _PLAN) -> Evidence:
    """Weigh what was observed. The same observations give the same figures: draws are seeded.

    Repeats are averaged within a prompt; where clusters are named, errors and tests are robust to
    them. Quantities that nothing is known of are left out.
    """
    rng = np.random.default_rng(_SEED)
    found = []
    for asked in observations.quantities:
        quantity = asked
        by_model = {
            model: values
            for model in observations.models
            if (values := observations.of_prompts(quantity, model))
        }
        if quantity.unit is Unit.SCORE and observations.graded(quantity):
            quantity = replace(quantity, unit=Unit.SHARE)
        if by_model:
            figures = tuple(
                _figures(
                    quantity,
                    model,
                    values,
                    observations=observations,
                    level=plan.level,
                    rng=rng,
                )
                for model, values in by_model.items()
            )
            pairs = _pairs(quantity, by_model, observations, plan, rng)
            found.append(QuantityEvidence(quantity=quantity, figures=figures, pairs=pairs))
    return Evidence(
        level=plan.level,
        prompts=observations.prompts,
        clusters=observations.clusters,
        quantities=tuple(found),
    )


def _figures(
    quantity: Quantity,
    model: str,
    values: dict[int, float],
    *,
    observations: Observations,
    level: float,
    rng: np.random.Generator,
) -> ModelFigures:
    x = np.array(list(values.values()))
    labels = observations.clusters_of(list(values))
    if labels is not None and np.unique(labels).size < 2:  # noqa: PLR2004 (no spread between them)
        return ModelFigures(model=model, prompts=x.size, mean=None)
    if quantity.unit is Unit.SHARE:
        made = clustered_share(x, labels, level=level)
        return ModelFigures(model=model, prompts=x.size, mean=made)
    if x.size < 2:  # noqa: PLR2004 (an interval needs two)
        return ModelFigures(model=model, prompts=x.size, mean=None)
    if labels is None:
        quantiles = quantile_estimates(x, QUANTILES, level=level)
        centre = _mean(x, level, rng)
    else:
        quantiles = tuple(clustered_quantile(x, labels, q, level=level) for q in QUANTILES)
        centre = clustered_mean(x, labels, level=level)
    if quantity.unit is not Unit.SCORE:
        centre = _not_negative(centre)
    return ModelFigures(model=model, prompts=x.size, mean=centre, quantiles=quantiles)


def _not_negative(made: Estimate) -> Estimate:
    """Of what is measured and cannot be below 0: an interval that goes there ends at 0.

    It covers whatever it did before, since no truth was there.
    """
    if made.interval.low >= 0:
        return made
    return replace(made, interval=replace(made.interval, low=0.0))


def _mean(x: NDArray[np.float64], level: float, rng: np.random.Generator) -> Estimate:
    """Student's t, or the bootstrap where some dozens to hundreds of values are skewed."""
    spread = float(x.std())
    if _BCA[0] <= x.size <= _BCA[1] and spread > 0:
        skew = float((((x - x.mean()) / spread) ** 3).mean())
        if abs(skew) > _SKEWED:
            return bca_bootstrap(x, rng=rng, level=level)
    return mean(x, level=level)


def _pairs(
    quantity: Quantity,
    by_model: Mapping[str, Mapping[int, float]],
    observations: Observations,
    plan: EvidencePlan,
    rng: np.random.Generator,
) -> tuple[Pair, ...]:
    made = []
    for first, second in combinations(by_model, 2):
        prompts, a, b = shared_prompts(by_model[first], by_model[second])
        comparison, reason = None, None
        try:
            comparison = compare_paired(
                a,
                b,
                rng=rng,
                first=first,
                second=second,
                clusters=observations.clusters_of(prompts),
                margin=plan.margins.of(quantity, (*a, *b)),
                higher_is_better=quantity.higher_is_better is not False,
                level=plan.level,
            )
        except (EmptySample, TooFewValues):
            reason = _too_few(prompts, observations)
        except UnusableSample as fault:
            reason = str(fault)
        made.append((first, second, len(prompts), comparison, reason))
    p_values = [comparison.p_value for *_, comparison, _ in made if comparison is not None]
    adjusted = iter(holm(p_values) if p_values else ())
    return tuple(
        Pair(
            first=first,
            second=second,
            prompts=prompts,
            comparison=comparison,
            adjusted_p=None if comparison is None else next(adjusted),
            reason=reason,
        )
        for first, second, prompts, comparison, reason in made
    )


def _too_few(prompts: Sequence[int], observations: Observations) -> str:
    if len(prompts) >= 2 and observations.clusters:  # noqa: PLR2004 (two prompts, one cluster)
        return "all shared prompts are of one cluster: two at least are needed"
    count = "no prompt is" if not prompts else "only one prompt is"
    return f"{count} known of both: two at least are needed"
