"""Everything that is said of one series."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import EmptySample, NotFinite, OutOfRange, TooFewValues
from modelforge.stats.series_summary import summarise_series


def test_a_steady_run_is_summed_up() -> None:
    x = np.random.default_rng(91).lognormal(0, 0.4, 5000)
    made = summarise_series(x, rng=np.random.default_rng(1))
    assert made.mean.point == pytest.approx(x.mean())
    assert [q for q, _ in made.quantiles] == [0.5, 0.9, 0.95, 0.99, 0.999]
    for q, estimate in made.quantiles:
        assert estimate.point == pytest.approx(float(np.quantile(x, q)))
        assert estimate.interval.low < estimate.point < estimate.interval.high
    assert made.stability.kind == "steady"
    assert not made.warm_up.present
    assert made.outliers.n == made.mean.n == 5000


def test_nothing_is_left_out_of_any_figure() -> None:
    x = np.random.default_rng(92).normal(10, 1, 1000)
    x[:100] += 20
    x[500] = 1e6
    made = summarise_series(x, rng=np.random.default_rng(1), qs=(0.5,))
    assert made.warm_up.values == pytest.approx(100, abs=10)
    assert made.outliers.high_severe >= 1
    assert made.mean.point == pytest.approx(x.mean())
    assert made.mean.n == 1000


def test_the_quantiles_asked_for_may_be_read_once() -> None:
    made = summarise_series([1.0, 2.0, 3.0], rng=np.random.default_rng(1), qs=iter((0.25, 0.5)))
    assert [q for q, _ in made.quantiles] == [0.25, 0.5]


def test_equal_values_have_a_defined_answer() -> None:
    made = summarise_series([3.0] * 100, rng=np.random.default_rng(1))
    assert (made.mean.interval.low, made.mean.interval.high) == (3, 3)
    assert made.stability.kind == "steady"
    assert made.outliers.count == 0


def test_what_is_no_series_is_refused() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(EmptySample):
        summarise_series([], rng=rng)
    with pytest.raises(TooFewValues):
        summarise_series([1.0], rng=rng)
    with pytest.raises(NotFinite):
        summarise_series([1.0, float("inf")], rng=rng)
    with pytest.raises(OutOfRange):
        summarise_series([1.0, 2.0], rng=rng, qs=(1.0,))
