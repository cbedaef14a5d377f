"""What is found in a series that is never held is what its array would give."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from modelforge.core.errors import EmptySample, NotFinite, OutOfRange
from modelforge.stats.long_series import LongSeries, Ordered, quantiles_of_series
from modelforge.stats.outliers import outliers
from modelforge.stats.quantiles import quantiles_of_sorted
from modelforge.stats.series import series_estimates
from modelforge.stats.stability import stability
from modelforge.stats.warm_up import warm_up

COUNT = 140_000
RNG = np.random.default_rng(5)
SHAPES = {
    "skewed": RNG.lognormal(0, 1, COUNT),
    "rounded": np.round(RNG.normal(0, 1, COUNT), 2),
    "mostly equal": np.concatenate([np.full(COUNT - 30_000, 2.0), RNG.lognormal(0, 3, 30_000)]),
    "all equal": np.full(COUNT, 3.5),
    "of every size": RNG.normal(size=COUNT) * 10.0 ** RNG.integers(-100, 100, COUNT),
    "a zero below zero": np.concatenate([np.full(70_000, -0.0), np.full(70_000, 0.0)]),
}
every_shape = pytest.mark.parametrize("values", SHAPES.values(), ids=SHAPES.keys())


def parts_of(values: NDArray[np.float64]) -> Callable[[], Iterator[NDArray[np.float64]]]:
    cuts = [0, 0, 1, 1000, values.size // 2, values.size // 2, values.size]
    return lambda: (values[a:b] for a, b in pairwise(cuts))


@every_shape
def test_any_rank_is_that_of_the_sorted_array(values: NDArray[np.float64]) -> None:
    series, ordered = LongSeries(parts_of(values)), np.sort(values)
    ranks = [0, 1, 70_000, *RNG.integers(0, COUNT, 20).tolist(), COUNT - 1]
    assert series.select(ranks) == {rank: ordered[rank] for rank in ranks}
    assert (series.min(), series.max()) == (ordered[0], ordered[-1])
    assert math.isclose(series.mean(), values.mean(), rel_tol=1e-12, abs_tol=1e-12 * np.ptp(values))
    assert Ordered(series)[-1] == ordered[-1]
    qs = (0.0, 0.25, 0.5, 0.999, 1.0)
    assert quantiles_of_series(series, qs) == quantiles_of_sorted(ordered, qs)


@every_shape
def test_a_weight_is_so_many_equal_values(values: NDArray[np.float64]) -> None:
    weights = RNG.integers(1, 6, COUNT).astype(np.int32)
    cuts = [0, 50_000, COUNT]
    series = LongSeries(
        lambda: (values[a:b] for a, b in pairwise(cuts)),
        weights=lambda: (weights[a:b] for a, b in pairwise(cuts)),
    )
    every = np.sort(np.repeat(values, weights))
    ranks = [0, every.size // 3, every.size // 2, every.size - 1]
    assert series.total_weight == every.size
    assert series.select(ranks) == {rank: every[rank] for rank in ranks}


def test_runs_and_slices() -> None:
    values = SHAPES["skewed"]
    series = LongSeries(parts_of(values))
    expected = values[13 : 13 + 40 * 37].reshape(40, 37).mean(axis=1)
    np.testing.assert_allclose(series.run_means(37, 40, skipped=13), expected, rtol=1e-12)
    np.testing.assert_array_equal(series[990:1010].held(), values[990:1010])
    assert series[5:][:7].size == 7
    ((shares, shared),) = series.shares_at_most([1.0], 3500, 40, skipped=0)
    np.testing.assert_allclose(shares, (values <= 1).reshape(40, 3500).mean(axis=1), rtol=1e-12)
    assert shared == (values <= 1).mean()


@pytest.mark.parametrize("values", [SHAPES["skewed"], np.cumsum(RNG.normal(size=COUNT))])
def test_estimates_are_those_of_the_array(values: NDArray[np.float64]) -> None:
    series = LongSeries(parts_of(values))
    qs = (0.5, 0.99, 0.999)
    ours, theirs = series_estimates(series, qs), series_estimates(values, qs)
    assert ours.autocorrelation == theirs.autocorrelation
    assert ours.quantiles == theirs.quantiles
    assert math.isclose(ours.mean.interval.low, theirs.mean.interval.low, rel_tol=1e-9)
    assert outliers(series) == outliers(values)
    found, held = warm_up(series), warm_up(values)
    assert (found.values, found.settled) == (held.values, held.settled)
    changed = stability(series, rng=np.random.default_rng(1))
    assert changed == stability(values, rng=np.random.default_rng(1))


def test_what_is_no_series_is_refused() -> None:
    with pytest.raises(EmptySample):
        LongSeries(lambda: [np.empty(0)])
    with pytest.raises(NotFinite):
        LongSeries(lambda: [np.array([1.0]), np.array([math.nan])])
    with pytest.raises(NotFinite):
        LongSeries(lambda: [np.array([math.inf, -math.inf])])
    with pytest.raises(OutOfRange):
        LongSeries(lambda: [np.array([1e121])])
