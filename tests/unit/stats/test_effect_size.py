"""Hedges' unbiased standardised difference."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import ConstantSample, TooFewValues
from modelforge.stats.effect_size import standardised_difference


@pytest.mark.parametrize("n", [4, 10, 40])
def test_it_is_unbiased(n: int) -> None:
    rng = np.random.default_rng(51)
    found = [standardised_difference(rng.normal(0.5, 1, n)) for _ in range(20_000)]
    assert np.mean(found) == pytest.approx(0.5, abs=4 * np.std(found) / 20_000**0.5)


def test_it_has_the_sign_of_the_mean_and_no_unit() -> None:
    d = [1.0, 3.0, 2.0]
    # the mean is 2, the spread 1, and gamma(1) / (gamma(1/2) * sqrt(1)) corrects by 1 / sqrt(pi)
    assert standardised_difference(d) == pytest.approx(2 / np.pi**0.5)
    assert standardised_difference(np.multiply(d, -1000)) == pytest.approx(-2 / np.pi**0.5)
    assert standardised_difference([1.0, 3.0]) == pytest.approx(2**0.5)


def test_no_spread() -> None:
    assert standardised_difference([0.0, 0.0]) == 0
    with pytest.raises(ConstantSample, match=r"are 2\.0"):
        standardised_difference([2.0, 2.0])
    with pytest.raises(TooFewValues):
        standardised_difference([2.0])
