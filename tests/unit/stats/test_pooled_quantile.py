"""Quantiles over histograms of stretches of time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from modelforge.core.errors import OutOfRange, TooFewValues
from modelforge.stats.histogram import LogHistogram
from modelforge.stats.pooled_quantile import pooled_quantiles


def parts(rng: np.random.Generator, *, shared: float) -> list[LogHistogram]:
    """Twenty seconds of gaps, each a little slower or faster as a whole."""
    return [
        LogHistogram.of(rng.lognormal(2 + shared * rng.normal(), 0.4, rng.integers(100, 300)))
        for _ in range(20)
    ]


@pytest.mark.parametrize("shared", [0.0, 0.2])
def test_what_differs_from_second_to_second_is_covered(shared: float) -> None:
    rng = np.random.default_rng(9)
    truth = {q: _truth(q, shared) for q in (0.5, 0.95)}
    hits = []
    for _ in range(200):
        found = pooled_quantiles(parts(rng, shared=shared), tuple(truth))
        hits.append(
            [
                value in estimate.interval
                for value, estimate in zip(truth.values(), found, strict=True)
            ]
        )
    assert (np.mean(hits, axis=0) >= 0.9).all()


def _truth(q: float, shared: float) -> float:
    rng = np.random.default_rng(1)
    spread = math.hypot(0.4, shared)
    return float(np.quantile(rng.lognormal(2, spread, 1_000_000), q))


def test_a_quantile_beyond_the_values_has_no_upper_end() -> None:
    rng = np.random.default_rng(2)
    (found,) = pooled_quantiles([LogHistogram.of(rng.random(20)) for _ in range(10)], (0.999,))
    assert math.isinf(found.interval.high)
    assert found.standard_error is None


def test_equal_values_and_too_few_stretches() -> None:
    (found,) = pooled_quantiles([LogHistogram.of([5.0] * 10)] * 8, (0.5,))
    assert found.interval.low == found.interval.high == 5.0
    with pytest.raises(TooFewValues, match="7 stretches"):
        pooled_quantiles([LogHistogram.of([5.0])] * 7 + [LogHistogram()], (0.5,))
    with pytest.raises(OutOfRange):
        pooled_quantiles([LogHistogram.of([5.0])] * 8, (1.0,))


def test_a_histogram_counts_what_is_at_most_a_value() -> None:
    held = LogHistogram.of([0.0, 1.0, 2.0, 1000.0])
    assert [held.count_at_most(v) for v in (-1, 0, 1.0, 500, 1000, 1e9)] == [0, 1, 2, 3, 4, 4]
