"""Tests of two models hold their error rate and find what is there, at fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from modelforge.core.errors import LengthsDiffer
from modelforge.stats.clustered import clustered_mean
from modelforge.stats.holm import holm
from modelforge.stats.mcnemar import mcnemar, mcnemar_p
from modelforge.stats.paired_comparison import compare_paired
from modelforge.stats.power import (
    paired_power,
    pass_fail_power,
    pass_fail_prompts_needed,
    prompts_needed,
)
from modelforge.stats.sign_flip import sign_flip_p
from modelforge.stats.verdict import Outcome
from modelforge.stats.wilcoxon import wilcoxon_p


@pytest.mark.parametrize("n", [20, 50])
@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_equal_models_are_rarely_told_apart(n: int, correlation: float) -> None:
    rng = np.random.default_rng(5)
    rejected = []
    for _ in range(1000):
        shared = rng.normal(size=n) * correlation**0.5
        x, y = shared + rng.normal(size=(2, n)) * (1 - correlation) ** 0.5
        d = np.exp(x) - np.exp(y)
        p_values = (
            sign_flip_p(d, rng=rng, permutations=499),
            wilcoxon_p(d),
            mcnemar(x > 0.5, y > 0.5).p_value,
        )
        rejected.append([p <= 0.05 for p in p_values])
    assert (np.mean(rejected, axis=0) <= 0.06 + 0.01).all()  # and the error of 1,000 trials


def test_the_tests_are_those_of_scipy() -> None:
    d = np.random.default_rng(7).normal(0.3, 1, 40)
    assert wilcoxon_p(d) == pytest.approx(stats.wilcoxon(d, method="exact").pvalue)
    assert mcnemar_p(5, 15) == pytest.approx(stats.binomtest(5, 20).pvalue)
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))


def test_rows_repeated_within_clusters_add_nothing() -> None:
    rng = np.random.default_rng(8)
    clusters = np.repeat(np.arange(20), 5)
    x = rng.normal(size=20)[clusters] + rng.normal(size=100)
    once, thrice = clustered_mean(x, clusters), clustered_mean(np.tile(x, 3), np.tile(clusters, 3))
    assert thrice.interval.width == pytest.approx(once.interval.width, rel=0.01)


def test_the_planned_power_is_had() -> None:
    rng = np.random.default_rng(9)
    n = prompts_needed(0.4, sd=1.0)
    found = np.mean(
        [sign_flip_p(rng.normal(0.4, 1, n), rng=rng, permutations=499) <= 0.05 for _ in range(2000)]
    )
    assert found == pytest.approx(paired_power(0.4, sd=1.0, n=n), abs=0.03)
    n = pass_fail_prompts_needed(0.15, 0.08)
    counts = rng.multinomial(n, [0.15, 0.08, 0.77], 3000).tolist()
    found = np.mean([mcnemar_p(a, b) <= 0.05 for a, b, _ in counts])
    assert found == pytest.approx(0.8, abs=0.03)
    assert pass_fail_power(0.15, 0.08, n=n) >= 0.8 > pass_fail_power(0.15, 0.08, n=n // 2)


def test_the_verdict_says_what_the_data_do() -> None:
    rng = np.random.default_rng(10)
    base = rng.normal(size=200)
    better = compare_paired(base + rng.normal(0.5, 0.5, 200), base, rng=rng)
    assert better.verdict().outcome is Outcome.BETTER
    alike = compare_paired(base + rng.normal(0, 0.1, 200), base, rng=rng, margin=0.1)
    assert alike.verdict().outcome is Outcome.EQUIVALENT
    same = compare_paired(np.ones(10), np.ones(10), rng=rng)
    assert same.verdict().outcome is Outcome.NOT_DISTINGUISHABLE
    with pytest.raises(LengthsDiffer):
        compare_paired([1.0, 2.0], [1.0, 2.0, 3.0], rng=rng)
