"""Intervals cover known truths as often as they say, at fixed seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.signal import lfilter

from modelforge.core.errors import EmptySample, NotFinite, TooFewValues
from modelforge.stats.mean import mean
from modelforge.stats.outliers import outliers
from modelforge.stats.proportion import proportion
from modelforge.stats.quantile_interval import quantile_estimate, quantile_estimates, values_needed
from modelforge.stats.series import series_estimates
from modelforge.stats.stability import stability
from modelforge.stats.warm_up import warm_up

QS = (0.5, 0.9, 0.95)


@pytest.mark.parametrize("n", [20, 30, 50, 100, 200])
def test_shares_are_covered_exactly_computed(n: int) -> None:
    intervals = [proportion(x, n).interval for x in range(n + 1)]
    low = np.array([i.low for i in intervals])
    high = np.array([i.high for i in intervals])
    p = np.linspace(0.0005, 0.9995, 2001)[:, np.newaxis]
    chance = stats.binom.pmf(np.arange(n + 1), n, p)
    coverage = (chance * ((low <= p) & (p <= high))).sum(axis=1)
    assert 0.93 <= coverage.mean() <= 0.97
    assert coverage.min() >= 0.92


@pytest.mark.parametrize("n", [200, 1000])
def test_quantiles_are_covered(n: int) -> None:
    rng = np.random.default_rng(1)
    truth = np.exp(stats.norm.ppf(QS))
    hits = np.array(
        [
            [t in e.interval for t, e in zip(truth, quantile_estimates(x, QS), strict=True)]
            for x in rng.lognormal(size=(1000, n))
        ]
    )
    assert ((hits.mean(axis=0) >= 0.93) & (hits.mean(axis=0) <= 0.97)).all()


def test_alike_latencies_are_covered() -> None:
    rng = np.random.default_rng(2)
    truth = (np.exp(0.125), *np.exp(0.5 * stats.norm.ppf(QS)))
    hits = []
    for _ in range(300):
        noise = rng.normal(scale=0.6, size=1200)
        x = np.exp(0.5 * lfilter([1], [1, -0.8], noise)[200:])
        made = series_estimates(x, QS)
        assert "batch" in made.mean.method
        hits.append(
            [t in e.interval for t, e in zip(truth, (made.mean, *made.quantiles), strict=True)]
        )
    assert (np.mean(hits, axis=0) >= 0.9).all()


def test_the_mean_is_that_of_scipy() -> None:
    x = np.random.default_rng(3).normal(size=30)
    theirs = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    assert (mean(x).interval.low, mean(x).interval.high) == pytest.approx((theirs.low, theirs.high))


def test_a_quantile_beyond_the_sample_has_no_end() -> None:
    needed = values_needed(0.99)
    assert quantile_estimate(range(needed - 1), 0.99).interval.high == np.inf
    assert np.isfinite(quantile_estimate(range(needed), 0.99).interval.high)


def test_a_run_that_changes_is_told_from_one_that_does_not() -> None:
    rng = np.random.default_rng(4)
    x = rng.lognormal(sigma=0.3, size=1000)
    assert stability(x, rng=rng).kind == "steady"
    assert not warm_up(x).present
    shifted = x * np.where(np.arange(1000) < 600, 1, 1.5)
    found = stability(shifted, rng=rng)
    assert found.kind == "level shift"
    assert found.at == pytest.approx(600, abs=50)
    assert stability(x * np.linspace(1, 2, 1000), rng=rng).kind == "drift"
    cold = warm_up(x * np.where(np.arange(1000) < 50, 3, 1))
    assert cold.values == pytest.approx(50, abs=10)


def test_outliers_are_named() -> None:
    found = outliers([*range(1, 10), 18, 100])
    assert (found.high_mild, found.high_severe, found.n) == (1, 1, 11)
    assert found.place(100) == "high severe"


@pytest.mark.parametrize("function", [mean, lambda x: quantile_estimate(x, 0.5), outliers])
def test_what_is_no_sample_is_refused(function: Callable[[Any], object]) -> None:
    with pytest.raises(EmptySample):
        function([])
    with pytest.raises(NotFinite):
        function([1.0, float("nan")])
    with pytest.raises(TooFewValues):
        mean([1.0])
