"""Both bootstraps cover the truth, and are those of others."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.signal import lfilter

from modelforge.core.errors import OutOfRange, TooFewValues
from modelforge.stats.block_bootstrap import block_bootstrap
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


def test_blocks_are_as_wide_as_the_order_asks() -> None:
    rng = np.random.default_rng(43)
    blocks, plain = [], []
    for _ in range(200):
        x = lfilter([1], [1, -0.8], rng.normal(size=1200))[200:]
        made = block_bootstrap(x, statistic=row_means, rng=rng, resamples=300)
        alone = block_bootstrap(x, statistic=row_means, rng=rng, resamples=300, block=1)
        blocks.append(0 in made.interval)
        plain.append(0 in alone.interval)
    assert np.mean(blocks) >= 0.88
    assert np.mean(plain) < 0.7


def test_independent_values_are_drawn_one_by_one() -> None:
    rng = np.random.default_rng(44)
    x = rng.lognormal(size=200)
    made = block_bootstrap(x, statistic=row_means, rng=rng)
    assert "blocks of 1," in made.method
    assert made.point == x.mean()


def test_equal_values_and_too_few() -> None:
    rng = np.random.default_rng(45)
    for made in (
        bca_bootstrap([2.0] * 5, rng=rng),
        block_bootstrap([2.0] * 5, statistic=row_means, rng=rng),
    ):
        assert (made.interval.low, made.point, made.interval.high) == (2, 2, 2)
    with pytest.raises(TooFewValues):
        bca_bootstrap([1.0], rng=rng)
    for block in (0, 4):
        with pytest.raises(OutOfRange):
            block_bootstrap([1.0, 2.0, 3.0], statistic=row_means, rng=rng, block=block)
    with pytest.raises(OutOfRange):
        bca_bootstrap([1.0, 2.0], rng=rng, resamples=0)
    with pytest.raises(OutOfRange):
        block_bootstrap([1.0, 2.0], statistic=row_means, rng=rng, resamples=0)
