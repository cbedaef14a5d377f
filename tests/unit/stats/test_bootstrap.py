"""The bootstrap covers the truth, and is that of others."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from modelforge.core.errors import OutOfRange, TooFewValues
from modelforge.stats.bootstrap import RowStatistic, bca_bootstrap, row_means


def row_medians(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.median(rows, axis=1))


def test_bca_covers_the_mean_of_a_skewed_sample() -> None:
    rng = np.random.default_rng(41)
    samples = rng.exponential(size=(500, 100))
    hits = [1 in bca_bootstrap(x, rng=rng, resamples=999).interval for x in samples]
    assert np.mean(hits) >= 0.92


@pytest.mark.parametrize("statistic", [row_means, row_medians])
def test_bca_is_that_of_scipy(statistic: RowStatistic) -> None:
    x = np.random.default_rng(42).lognormal(size=60)
    ours = bca_bootstrap(
        x,
        rng=np.random.default_rng(1),
        statistic=statistic,
        resamples=20_000,
    )
    theirs = stats.bootstrap(
        (x,),
        np.mean if statistic is row_means else np.median,
        n_resamples=20_000,
        rng=np.random.default_rng(2),
        method="BCa",
    )
    expected = theirs.confidence_interval
    assert ours.interval.low == pytest.approx(expected.low, rel=0.05)
    assert ours.interval.high == pytest.approx(expected.high, rel=0.05)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)


def test_equal_values_and_too_few() -> None:
    rng = np.random.default_rng(45)
    made = bca_bootstrap([2.0] * 5, rng=rng)
    assert (made.interval.low, made.point, made.interval.high) == (2, 2, 2)
    with pytest.raises(TooFewValues):
        bca_bootstrap([1.0], rng=rng)
    with pytest.raises(OutOfRange):
        bca_bootstrap([1.0, 2.0], rng=rng, resamples=0)
