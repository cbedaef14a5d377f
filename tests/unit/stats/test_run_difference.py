"""Two runs' figures against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest

from modelforge.core.errors import LengthsDiffer, OutOfRange
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.mean import mean
from modelforge.stats.quantile_interval import quantile_estimate
from modelforge.stats.run_difference import non_inferiority, run_difference, run_ratio


def estimate(point: float, low: float, high: float, level: float = 0.95) -> Estimate:
    return Estimate(
        point=point,
        interval=Interval(low=low, high=high, level=level),
        standard_error=None,
        method="made up",
        n=100,
    )


@pytest.mark.parametrize("q", [0.5, 0.9])
def test_differences_and_ratios_of_quantiles_are_covered(q: float) -> None:
    rng = np.random.default_rng(81)
    truth = float(np.quantile(rng.lognormal(0, 0.5, 2_000_000), q))
    hits = []
    for _ in range(600):
        slow = quantile_estimate(rng.lognormal(0, 0.5, 300) * 1.2, q)
        fast = quantile_estimate(rng.lognormal(0, 0.5, 500), q)
        hits.append(
            [
                0.2 * truth in run_difference(slow, fast).interval,
                1.2 in run_ratio(slow, fast).interval,
            ]
        )
    assert (np.abs(np.mean(hits, axis=0) - 0.95) <= 0.025).all()


def test_it_is_the_pooled_error_of_two_means() -> None:
    rng = np.random.default_rng(82)
    a, b = mean(rng.normal(size=400)), mean(rng.normal(size=400))
    made = run_difference(a, b)
    assert made.standard_error is not None
    assert a.standard_error is not None
    assert made.standard_error == pytest.approx(a.standard_error * 2**0.5, rel=0.1)
    assert made.interval.width == pytest.approx(2 * 1.966 * made.standard_error, rel=0.01)
    back = run_difference(b, a)
    assert (back.interval.low, back.interval.high) == pytest.approx(
        (-made.interval.high, -made.interval.low)
    )


def test_an_end_that_is_not_known_stays_unknown() -> None:
    made = run_ratio(estimate(2, 1, math.inf), estimate(1, 0.5, 2))
    assert made.interval.high == math.inf
    assert 0 < made.interval.low < 2
    made = run_ratio(estimate(1, -1, 3), estimate(1, 0.5, 2))
    assert made.interval.low == 0


@pytest.mark.parametrize(
    ("candidate", "lower_is_better", "outcome"),
    [
        (estimate(100, 99, 101), True, "passes"),
        (estimate(120, 118, 122), True, "fails"),
        (estimate(105, 100, 110), True, "unknown"),
        (estimate(100, 99, 101), False, "passes"),
        (estimate(80, 78, 82), False, "fails"),
        (estimate(95, 90, 100), False, "unknown"),
        (estimate(120, 118, 122), False, "passes"),
    ],
)
def test_a_gate(candidate: Estimate, lower_is_better: bool, outcome: str) -> None:
    baseline = estimate(100, 99.5, 100.5)
    found = non_inferiority(candidate, baseline, margin=0.05, lower_is_better=lower_is_better)
    assert found.outcome == outcome


def test_a_gate_at_its_margin_errs_no_more_than_it_says() -> None:
    rng = np.random.default_rng(83)
    passed = [
        non_inferiority(
            mean(rng.gamma(20, 1.1 / 20, 100)), mean(rng.gamma(20, 1 / 20, 100)), margin=0.1
        ).outcome
        for _ in range(1000)
    ]
    assert passed.count("passes") <= 40
    assert passed.count("fails") <= 40
    assert passed.count("unknown") > 900


def test_what_has_no_ratio_is_refused() -> None:
    good = estimate(1, 0.9, 1.1)
    with pytest.raises(OutOfRange):
        run_ratio(estimate(0, -1, 1), good)
    with pytest.raises(LengthsDiffer, match="one level"):
        run_difference(good, estimate(1, 0.9, 1.1, level=0.9))
    for margin in (0.0, math.nan, -1.0):
        with pytest.raises(OutOfRange):
            non_inferiority(good, good, margin=margin)
    with pytest.raises(OutOfRange, match="under 1"):
        non_inferiority(good, good, margin=1.0, lower_is_better=False)
