"""Warm-up is found where it is, and not in alike latencies or in one slow request."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from modelforge.core.errors import OutOfRange
from modelforge.stats.warm_up import warm_up


@pytest.mark.parametrize("n", [50, 100, 200])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8])
def test_an_even_run_is_rarely_accused(n: int, correlation: float) -> None:
    rng = np.random.default_rng(21)
    noise = rng.normal(size=(400, n + 200)) * (1 - correlation**2) ** 0.5
    runs = lfilter([1], [1, -correlation], noise, axis=1)[:, 200:]
    assert np.mean([warm_up(x).present for x in runs]) <= 0.07
    assert np.mean([warm_up(np.exp(x)).present for x in runs]) <= 0.07


def test_a_cold_start_is_found() -> None:
    rng = np.random.default_rng(22)
    cold = np.where(np.arange(200) < 20, 3.0, 0.0)
    found = [warm_up(rng.normal(size=200) + cold) for _ in range(100)]
    assert np.mean([w.present for w in found]) >= 0.9
    assert np.median([w.values for w in found]) == pytest.approx(20, abs=5)


def test_one_slow_request_is_an_outlier_and_no_warm_up() -> None:
    x = np.random.default_rng(23).normal(10, 1, 200)
    x[0] = 1000
    assert not warm_up(x).present


def test_a_run_that_settles_on_one_value() -> None:
    found = warm_up([9.0] * 20 + [1.0] * 80)
    assert (found.values, found.mean_before, found.mean_after) == (20, 9, 1)
    assert found.settled


def test_a_run_that_changes_only_in_its_middle_is_not_settled() -> None:
    x = np.random.default_rng(24).normal(size=400) + np.where(np.arange(400) < 200, 3.0, 0.0)
    found = warm_up(x)
    assert found.present
    assert not found.settled


def test_few_and_equal_values_have_none() -> None:
    assert not warm_up([5.0] + [1.0] * 48).present
    assert not warm_up([1.0] * 100).present
    with pytest.raises(OutOfRange):
        warm_up([1.0, 2.0], level=1.0)
