"""Ratios and their logarithms."""

from __future__ import annotations

import math

import pytest

from modelforge.stats.ratio import ratio_of


@pytest.mark.parametrize("ratio", [0.5, 1.0, 2.0, 1e300])
def test_it_undoes_the_logarithm(ratio: float) -> None:
    assert ratio_of(math.log(ratio)) == pytest.approx(ratio)


def test_ends_that_are_not_there() -> None:
    assert ratio_of(math.inf) == ratio_of(1e6) == math.inf
    assert ratio_of(-math.inf) == 0
    assert math.isnan(ratio_of(math.nan))
