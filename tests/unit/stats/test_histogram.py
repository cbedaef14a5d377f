"""The mergeable histogram."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.stats.histogram import RELATIVE_ERROR, LogHistogram, UncountableValue

DURATIONS = st.one_of(
    st.just(0.0),
    st.floats(min_value=1e-300, max_value=1e300),
    st.integers(min_value=1, max_value=10**15).map(float),
)
SAMPLES = st.lists(DURATIONS, max_size=40)


@given(SAMPLES, st.floats(min_value=0, max_value=1))
def test_every_quantile_is_within_the_promised_error(values: list[float], q: float) -> None:
    found = LogHistogram.of(values).quantile(q)
    if not values:
        assert found is None
        return
    ordered = sorted(values)
    at = q * (len(values) - 1)
    low, high = ordered[int(at)], ordered[min(int(at) + 1, len(values) - 1)]
    true = low + (high - low) * (at - int(at))
    assert found == pytest.approx(true, rel=RELATIVE_ERROR * (1 + 1e-9))


@given(SAMPLES)
def test_count_sum_mean_and_extremes_are_exact(values: list[float]) -> None:
    histogram = LogHistogram.of(values)
    assert histogram.count == len(values)
    assert histogram.total == math.fsum(values)
    assert histogram.smallest == min(values, default=None)
    assert histogram.largest == max(values, default=None)


@given(st.lists(st.integers(min_value=0, max_value=2**42), max_size=40))
def test_whole_numbers_are_counted_as_the_same_numbers_of_another_kind(values: list[int]) -> None:
    whole = LogHistogram.of(np.array(values, dtype=np.int64))
    assert whole == LogHistogram.of(np.array(values, dtype=np.float64))
    assert whole.total == sum(values)


@given(SAMPLES, SAMPLES, SAMPLES)
def test_merging_is_associative_and_commutative_to_the_bit(
    a: list[float], b: list[float], c: list[float]
) -> None:
    x, y, z = map(LogHistogram.of, (a, b, c))
    assert x.merge(y) == y.merge(x)
    assert x.merge(y).merge(z) == x.merge(y.merge(z)) == LogHistogram.of([*a, *b, *c])
    assert x.merge(LogHistogram()) == x


@given(SAMPLES)
def test_json_brings_it_back(values: list[float]) -> None:
    histogram = LogHistogram.of(values)
    assert LogHistogram.from_dict(json.loads(json.dumps(histogram.to_dict()))) == histogram


@pytest.mark.parametrize("bad", [-1.0, -5e-324, math.nan, math.inf, -math.inf])
def test_what_no_duration_can_be_is_refused_and_nothing_is_counted(bad: float) -> None:
    histogram = LogHistogram.of([1.0])
    with pytest.raises(UncountableValue, match="cannot count"):
        histogram.add([2.0, bad, 3.0])
    assert histogram == LogHistogram.of([1.0])


def test_zeros_have_a_bucket_of_their_own() -> None:
    histogram = LogHistogram.of([0.0, -0.0, 0.0, 8.0])
    assert histogram.to_dict()["zeros"] == 3
    assert [histogram.quantile(q) for q in (0, 0.5, 1)] == [0, 0, 8]


def test_numbers_too_small_to_be_normal_count_as_zero_and_are_summed() -> None:
    histogram = LogHistogram.of([5e-324, 5e-324])
    assert histogram.to_dict()["zeros"] == 2
    assert histogram.total == 1e-323


def test_of_nothing_there_is_no_figure() -> None:
    histogram = LogHistogram.of([])
    assert (histogram.count, histogram.total) == (0, 0)
    assert (histogram.mean, histogram.smallest, histogram.largest) == (None, None, None)
    assert histogram.quantile(0.5) is None


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_lies_between_0_and_1(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        LogHistogram.of([1]).quantile(q)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"buckets": [1], "counts": [], "zeros": 0, "sum": "0", "min": None, "max": None},
        {"buckets": [], "counts": [], "zeros": 1, "sum": "1/0", "min": 0, "max": 0},
        {"buckets": [], "counts": [], "zeros": 1, "sum": "0", "min": None, "max": None},
    ],
)
def test_what_is_no_histogram_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a histogram"):
        LogHistogram.from_dict(document)


def test_a_million_values_agree_with_numpy_and_take_little_time() -> None:
    values = np.random.default_rng(7).lognormal(16, 1, 1_000_000)
    started = time.process_time()
    histogram = LogHistogram.of(values)
    took_s = time.process_time() - started
    for q in (0.5, 0.9, 0.95, 0.99, 0.999):
        assert histogram.quantile(q) == pytest.approx(float(np.quantile(values, q)), rel=0.004)
    assert histogram.mean == pytest.approx(float(values.mean()), rel=1e-12)
    assert took_s < 0.5  # 0.03 s alone; bench/benchmark_report.py has the figure
