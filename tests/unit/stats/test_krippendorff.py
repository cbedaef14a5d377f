"""Agreement beyond chance."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from modelforge.core.errors import ConstantSample, NotFinite, TooFewValues
from modelforge.stats.krippendorff import krippendorff_alpha

PUBLISHED = [
    [1, 1, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [5, 5, 5],
    [1, 1],
    [3],
]
"""Krippendorff's own example: twelve units, four observers, some values missing."""


@pytest.mark.parametrize(("metric", "alpha"), [("nominal", 0.743), ("interval", 0.849)])
def test_the_published_example(metric: Literal["nominal", "interval"], alpha: float) -> None:
    assert krippendorff_alpha(PUBLISHED, metric=metric) == pytest.approx(alpha, abs=5e-4)


def test_chance_is_zero_and_agreement_one() -> None:
    rng = np.random.default_rng(1)
    assert krippendorff_alpha(rng.integers(0, 3, (5000, 3)).tolist()) == pytest.approx(0, abs=0.03)
    assert krippendorff_alpha([[1, 1], [2, 2]]) == 1
    assert krippendorff_alpha([[0, 1], [1, 0]]) < 0


def test_what_shows_no_agreement_is_refused() -> None:
    for nothing in ([], [[1], [2]]):
        with pytest.raises(TooFewValues):
            krippendorff_alpha(nothing)
    with pytest.raises(ConstantSample):
        krippendorff_alpha([[1, 1], [1, 1]])
    with pytest.raises(NotFinite, match="unit 1"):
        krippendorff_alpha([[1, 1], [1, float("nan")]])
