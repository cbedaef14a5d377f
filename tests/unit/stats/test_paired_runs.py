"""Runs in turns against each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from modelforge.core.errors import LengthsDiffer, OutOfRange, TooFewValues
from modelforge.stats.paired_runs import compare_runs


def test_it_is_the_paired_t_test_of_the_logarithms() -> None:
    rng = np.random.default_rng(6)
    first, second = rng.lognormal(3, 0.1, 6), rng.lognormal(3, 0.1, 6)
    found = compare_runs(first, second)
    theirs = stats.ttest_rel(np.log(first), np.log(second))
    low, high = theirs.confidence_interval(0.95)
    assert found.p_value == pytest.approx(theirs.pvalue)
    assert found.ratio.interval.low == pytest.approx(np.exp(low))
    assert found.ratio.interval.high == pytest.approx(np.exp(high))


def test_what_drifts_with_the_hour_cancels() -> None:
    hour = np.array([1.0, 1.5, 2.0, 2.5])
    found = compare_runs(105 * hour + [0.1, -0.1, 0.2, 0], 100 * hour)
    assert found.ratio.point == pytest.approx(1.05, abs=0.002)
    assert found.p_value < 0.001


def test_equal_models_are_told_apart_as_seldom_as_promised() -> None:
    rng = np.random.default_rng(7)
    hits = [compare_runs(*rng.lognormal(0, 0.1, (2, 4))).p_value <= 0.05 for _ in range(800)]
    assert np.mean(hits) <= 0.07


def test_equivalence_and_what_would_have_been_found() -> None:
    rng = np.random.default_rng(8)
    first, second = 100 * rng.lognormal(0, 0.005, (2, 8))
    found = compare_runs(first, second, margin=0.05)
    assert found.equivalence_p is not None
    assert found.equivalence_p < 0.05
    assert found.detectable is not None
    assert 0 < found.detectable < 0.05


def test_runs_that_all_say_the_same() -> None:
    alike = compare_runs([2.0, 2.0], [2.0, 2.0], margin=0.1)
    assert (alike.ratio.point, alike.p_value, alike.detectable) == (1.0, 1.0, None)
    doubled = compare_runs([4.0] * 6, [2.0] * 6)
    assert doubled.ratio.point == pytest.approx(2)
    assert doubled.p_value == 2 * 0.5**6


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(TooFewValues):
        compare_runs([1.0], [1.0])
    with pytest.raises(LengthsDiffer):
        compare_runs([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(OutOfRange):
        compare_runs([0.0, 2.0], [1.0, 2.0])
