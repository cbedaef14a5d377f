"""How sure a comparison is, from observations whose truth is known."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelforge.compare.evidence import Evidence, QuantityEvidence, evidence, evidence_of_results
from modelforge.compare.evidence_plan import EvidencePlan
from modelforge.compare.margins import Margin, Margins
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import COST, LATENCY, MEASURED, SUCCESS, Unit, score
from modelforge.compare.result import ComparisonMetrics, ComparisonResult
from modelforge.core.errors import UsageError
from modelforge.stats.bootstrap import bca_bootstrap
from modelforge.stats.mcnemar import mcnemar_p
from modelforge.stats.mean import mean
from modelforge.stats.power import detectable_difference, prompts_needed
from modelforge.stats.proportion import proportion
from modelforge.stats.quantile_interval import quantile_estimate
from modelforge.stats.verdict import Outcome

QUALITY = score("quality")


def observed(
    scores: dict[str, list[float]],
    *,
    repeats: int = 1,
    clusters: list[str] | None = None,
) -> Observations:
    """Every model's score of each prompt, so many times over."""
    seen = Observations((QUALITY,), models=tuple(scores))
    for model, values in scores.items():
        for prompt, value in enumerate(values):
            for _ in range(repeats):
                cluster = None if clusters is None else clusters[prompt]
                seen.add(model, prompt, {"quality": value}, cluster=cluster)
    return seen


def only(found: Evidence) -> QuantityEvidence:
    (each,) = found.quantities
    return each


def answer(model: str, prompt: int, latency: float, **changes: object) -> ComparisonResult:
    metrics = ComparisonMetrics(
        latency=latency,
        first_token_s=latency / 2,
        prompt_tokens=5,
        completion_tokens=10,
        cost=Decimal("0.001"),
    )
    result = ComparisonResult(
        model_id=model,
        provider="p",
        model=model,
        response="yes",
        metrics=metrics,
        prompt_index=prompt,
    )
    return replace(result, **changes)  # type: ignore[arg-type]  # fields by name


def test_figures_are_those_of_the_methods() -> None:
    values = np.random.default_rng(1).normal(5, 1, 60).tolist()
    each = only(evidence(observed({"a": values, "b": values})))
    figures = each.figures[0]
    assert figures.mean == mean(values)
    assert figures.quantiles[0] == quantile_estimate(values, 0.5)
    assert figures.prompts == 60


def test_skewed_means_are_bootstrapped() -> None:
    values = np.random.default_rng(2).lognormal(0, 1, 100).tolist()
    figures = only(evidence(observed({"a": values}))).figures[0]
    assert figures.mean is not None
    assert figures.mean.method.startswith("BCa bootstrap")
    expected = bca_bootstrap(values, rng=np.random.default_rng(5))
    assert figures.mean.interval == expected.interval


def test_passes_and_fails_are_shares_tested_by_mcnemar() -> None:
    first, second = [1.0] * 30 + [0.0] * 10, [1.0] * 18 + [0.0] * 22
    each = only(evidence(observed({"a": first, "b": second})))
    assert each.quantity.unit is Unit.SHARE
    assert each.figures[0].mean == proportion(30, 40)
    (pair,) = each.pairs
    assert pair.comparison is not None
    assert pair.comparison.pass_fail is not None
    assert pair.adjusted_p == mcnemar_p(12, 0)


def test_repeats_are_averaged_and_are_no_more_prompts() -> None:
    rng = np.random.default_rng(3)
    scores = {name: rng.normal(0, 1, 30).tolist() for name in "ab"}
    once, twice = (only(evidence(observed(scores, repeats=n))) for n in (1, 2))
    assert once.figures == twice.figures
    assert once.pairs[0].comparison == twice.pairs[0].comparison


def test_clusters_widen_what_they_should() -> None:
    rng = np.random.default_rng(4)
    levels = np.repeat(rng.normal(0, 1, 12), 5)
    scores = {"a": (levels + rng.normal(0, 0.1, 60)).tolist(), "b": [0.0] * 60}
    apart = only(evidence(observed(scores)))
    together = only(evidence(observed(scores, clusters=[str(n // 5) for n in range(60)])))
    assert apart.figures[0].mean is not None
    assert together.figures[0].mean is not None
    ratio = together.figures[0].mean.interval.width / apart.figures[0].mean.interval.width
    assert 1.5 < ratio < 3.5
    assert "12 clusters" in together.figures[0].mean.method


def test_prompts_without_a_cluster_are_their_own() -> None:
    seen = Observations((QUALITY,))
    for prompt in range(4):
        seen.add("a", prompt, {"quality": float(prompt)}, cluster="one" if prompt < 2 else None)
    labels = seen.clusters_of([0, 1, 2, 3])
    assert labels is not None
    assert labels.tolist() == [0, 0, 1, 2]


def test_holm_is_over_all_pairs_of_a_quantity() -> None:
    rng = np.random.default_rng(5)
    base = rng.normal(0, 1, 60)
    scores = {name: (base + rng.normal(0.2, 1, 60)).tolist() for name in "abc"}
    pairs = only(evidence(observed(scores))).pairs
    assert len(pairs) == 3
    raw = [pair.comparison.p_value for pair in pairs if pair.comparison is not None]
    adjusted = [pair.adjusted_p for pair in pairs]
    assert all(p is not None and p >= r for p, r in zip(adjusted, raw, strict=True))
    assert adjusted[int(np.argmin(raw))] == pytest.approx(min(1, 3 * min(raw)))


def test_five_equal_models_are_rarely_told_apart_at_all() -> None:
    rng = np.random.default_rng(6)
    errors = 0
    for _ in range(200):
        seen = Observations((score(),))
        for model in "abcde":
            for prompt, passed in enumerate(rng.random(60) < 0.6):
                seen.add(model, prompt, {"score": float(passed)})
        pairs = evidence(seen).quantities[0].pairs
        errors += any(pair.adjusted_p is not None and pair.adjusted_p <= 0.05 for pair in pairs)
    assert errors / 200 <= 0.06


def test_the_same_observations_give_the_same_figures() -> None:
    rng = np.random.default_rng(6)
    scores = {name: rng.lognormal(0, 1, 50).tolist() for name in "ab"}
    assert evidence(observed(scores)) == evidence(observed(scores))


@pytest.mark.parametrize("value", [1e200, -1e300, float("inf"), float("nan"), 10**400])
def test_what_nothing_can_measure_is_unknown(value: float) -> None:
    seen = Observations((score(),))
    for prompt in range(8):
        seen.add("a", prompt, {"score": value if prompt == 3 else float(prompt)})
    (figures,) = evidence(seen).quantities[0].figures
    assert figures.prompts == 7


def test_only_shared_prompts_are_paired() -> None:
    seen = Observations((QUALITY,))
    for prompt in range(20):
        seen.add("a", prompt, {"quality": 1.0 + prompt})
        if prompt >= 12:
            seen.add("b", prompt, {"quality": float(prompt)})
    (pair,) = only(evidence(seen)).pairs
    assert pair.prompts == 8
    assert pair.comparison is not None
    assert pair.comparison.difference.point == 1.0


@pytest.mark.parametrize("shared", [0, 1])
def test_a_pair_that_shares_too_little_says_so(shared: int) -> None:
    seen = Observations((QUALITY,))
    for prompt in range(5):
        seen.add("a", prompt, {"quality": 1.0 + prompt})
        seen.add("b", 5 + prompt - shared, {"quality": 1.0})
    (pair,) = only(evidence(seen)).pairs
    assert pair.comparison is None
    assert pair.reason is not None
    assert "two at least are needed" in pair.reason


def test_one_cluster_says_so() -> None:
    pairs = only(evidence(observed({"a": [1, 2, 3], "b": [2, 2, 2]}, clusters=["x"] * 3))).pairs
    assert pairs[0].reason == "all shared prompts are of one cluster: two at least are needed"


def test_a_few_prompts_are_too_few_and_how_many_are_needed_is_said() -> None:
    each = only(evidence(observed({"a": [1.0, 2.0, 4.0], "b": [1.5, 2.0, 3.0]})))
    comparison = each.pairs[0].comparison
    assert comparison is not None
    said = comparison.verdict().sentence
    assert said.startswith("3 prompts are too few to tell a and b apart.")
    assert f"About {comparison.needed:,} would tell a difference like the one seen." in said


def test_what_a_few_clusters_cannot_tell_is_not_said_to_be_small() -> None:
    """Four clusters have 16 patterns of signs: no p under 0.125, however far apart models are."""
    scores = {"a": [9.0, 9.1, 9.2, 9.1, 9.3, 9.1, 9.0, 9.2], "b": [1.0, 1.1] * 4}
    four = only(evidence(observed(scores, clusters=list("wwxxyyzz"))))
    comparison = four.pairs[0].comparison
    assert comparison is not None
    said = comparison.verdict().sentence
    assert said == (
        "4 clusters are too few to tell a and b apart."
        " About 6 clusters would tell a difference like the one seen."
    )


def test_a_difference_that_chance_may_have_made_is_said_with_its_direction() -> None:
    """The interval is beyond 0 and the test, corrected for other pairs, is not: both are told."""
    comparison = (
        only(evidence(observed({"a": [float(n % 3) for n in range(9)], "b": [0.0] * 9})))
        .pairs[0]
        .comparison
    )
    assert comparison is not None
    assert comparison.difference.interval.low > 0
    said = comparison.verdict(adjusted_p=0.0625).sentence
    assert said == (
        "a looks better than b by +1 (likely +0.334 to +1.67),"
        " but chance is not ruled out (p = 0.062)."
    ).replace("+", "")


def test_what_may_be_chance_says_how_many_more_would_tell() -> None:
    first, second = [0.0] * 5 + [1.0] * 10, [1.0] * 15
    made = only(evidence(observed({"a": first, "b": second}))).pairs[0].comparison
    assert made is not None
    assert made.needed == 23  # more than the 15 there are: those would be no advice
    assert made.verdict().sentence == (
        "a looks worse than b by 0.333 (likely 0.023 to 0.565), but chance is not ruled out"
        " (p = 0.062). About 23 would tell a difference like the one seen."
    )


def test_what_clusters_need_is_counted_in_clusters() -> None:
    rng = np.random.default_rng(8)
    levels = np.repeat(rng.normal(0.3, 1, 12), 5)
    scores = {"a": (levels + rng.normal(0, 0.1, 60)).tolist(), "b": [0.0] * 60}
    labels = [str(n // 5) for n in range(60)]
    comparison = only(evidence(observed(scores, clusters=labels))).pairs[0].comparison
    assert comparison is not None
    assert comparison.difference.standard_error is not None
    sd = comparison.difference.standard_error * math.sqrt(12)
    assert comparison.clusters == 12
    assert comparison.needed == prompts_needed(comparison.difference.point, sd=sd)
    assert comparison.detectable == detectable_difference(sd=sd, n=12)
    assert f"About {comparison.needed:,} clusters would tell" in comparison.verdict().sentence


def test_what_the_arithmetic_alone_tells_apart_has_no_spread() -> None:
    base = [1 + (n * 7919 % 101) / 100 for n in range(400)]
    scores = {"a": base, "b": [value + 0.01 for value in base]}
    made = only(evidence(observed(scores))).pairs[0].comparison
    assert made is not None
    assert made.difference.point == pytest.approx(-0.01)
    assert (made.effect_size, made.detectable, made.difference.interval.width) == (None, 0, 0)


def test_prompts_that_name_no_cluster_are_counted_as_their_own() -> None:
    seen = observed({"a": [1.0] * 3, "b": [2.0] * 3}, clusters=["x", "x", "y"])
    assert seen.clusters == 2
    for model in "ab":
        seen.add(model, 3, {"quality": 1.0})
    assert seen.clusters == 3


def test_no_measured_mean_reaches_below_nothing() -> None:
    results = [answer("p/a", n, latency) for n, latency in enumerate([0.05] * 7 + [0.9])]
    by_name = {each.quantity.name: each for each in evidence_of_results(results).quantities}
    (figures,) = by_name["latency"].figures
    assert figures.mean is not None
    assert mean([0.05] * 7 + [0.9]).interval.low < 0
    assert figures.mean.interval.low == 0
    scores = only(evidence(observed({"a": [-1.0, 1.0, 0.5, -2.0]}))).figures[0].mean
    assert scores is not None
    assert scores.interval.low < 0  # a score may be negative


def test_a_margin_without_a_unit_is_refused_where_it_could_be_of_anything() -> None:
    with pytest.raises(UsageError, match=r"seconds, dollars or tokens\? Name what it is of"):
        Margins.parse(["5"], names=["latency", "cost"])
    assert Margins.parse(["5"], names=["score"]).others == Margin(size=5, relative=False)
    assert Margins.parse(["latency=5"], names=["latency", "cost"]).named["latency"].size == 5


def test_a_margin_beyond_all_of_a_share_makes_nothing_equivalent() -> None:
    scores = {"a": [1.0] * 20, "b": [0.0] * 20}
    plan = EvidencePlan(margins=Margins.parse(["5"], names=["quality"]))
    with pytest.raises(UsageError, match="or 5% are five points"):
        evidence(observed(scores), plan)
    with pytest.raises(UsageError, match="or 5% are five points"):
        Margins.parse(["success=5"], names=["success", "latency"])


def test_results_are_measured_and_failures_count_against_success_alone() -> None:
    results = [
        answer(model, prompt, latency * (1 + 0.01 * prompt))
        for model, latency in (("p/fast", 1.0), ("p/slow", 2.0))
        for prompt in range(12)
    ]
    results[0] = replace(results[0], error="no", error_kind="server_failed")
    results[1] = replace(results[1], error="stopped", error_kind="interrupted")
    found = evidence_of_results(results)
    assert [each.quantity for each in found.quantities] == list(MEASURED)
    by_name = {each.quantity.name: each for each in found.quantities}
    assert [f.prompts for f in by_name["success"].figures] == [11, 12]
    assert [f.prompts for f in by_name["latency"].figures] == [10, 12]
    (pair,) = by_name["latency"].pairs
    assert pair.comparison is not None
    assert pair.comparison.verdict(adjusted_p=pair.adjusted_p).outcome is Outcome.BETTER


def test_a_cached_answer_has_no_cost() -> None:
    seen = Observations()
    seen.add_result(answer("p/a", 0, 1.0, cached=True, metrics=ComparisonMetrics(cost=Decimal(0))))
    assert seen.of_prompts(COST, "p/a") == {}
    assert seen.of_prompts(SUCCESS, "p/a") == {0: 1.0}
    assert seen.of_prompts(LATENCY, "p/a") == {}


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0, 95.0, math.nan])
def test_a_confidence_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(UsageError, match="confidence"):
        EvidencePlan(level=level)


def test_margins() -> None:
    found = Margins.parse(["5%", "cost=0.001", "latency=10%"], names=["cost", "latency"])
    assert found.others == Margin(size=0.05, relative=True)
    assert found.of(COST, [1.0, 1.0]) == 0.001
    assert found.of(LATENCY, [1.0, 3.0]) == pytest.approx(0.2)
    assert found.of(SUCCESS, [1.0, 0.5]) == 0.05  # points
    assert Margins().of(LATENCY, [1.0]) is None
    assert found.of(LATENCY, [0.0, 0.0]) is None  # a part of nothing is no margin


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "nan%", "inf", "speed=5%", "=5%", "latency="])
def test_what_is_no_margin_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--margin"):
        Margins.parse([text], names=["latency"])


def test_equivalence_within_a_margin() -> None:
    rng = np.random.default_rng(7)
    base = rng.normal(10, 1, 200)
    scores = {"a": base.tolist(), "b": (base + rng.normal(0, 0.1, 200)).tolist()}
    plan = EvidencePlan(margins=Margins(others=Margin(size=0.05, relative=True)))
    (pair,) = only(evidence(observed(scores), plan)).pairs
    assert pair.comparison is not None
    assert pair.comparison.verdict().outcome is Outcome.EQUIVALENT
