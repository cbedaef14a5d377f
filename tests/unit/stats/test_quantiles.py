"""Quantiles of type 7."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.stats.quantiles import quantile, quantiles_of_sorted

FLOATS = st.floats(min_value=-1e12, max_value=1e12)


@given(st.lists(FLOATS, min_size=1, max_size=50), st.floats(min_value=0, max_value=1))
def test_it_is_numpys_default(values: list[float], q: float) -> None:
    assert quantile(values, q) == pytest.approx(float(np.quantile(values, q)), rel=1e-9, abs=1e-3)


@pytest.mark.parametrize(
    ("q", "expected"), [(0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.9, 3.7), (1, 4.0)]
)
def test_known_answers(q: float, expected: float) -> None:
    assert quantile([4, 1, 3, 2], q) == pytest.approx(expected)


def test_of_nothing_and_of_one() -> None:
    assert quantile([], 0.5) is None
    assert quantile([7], 0.999) == 7
    assert quantiles_of_sorted(np.array([]), (0.1, 0.9)) == (None, None)


def test_the_values_stay_as_they_were() -> None:
    values = np.array([3.0, 1.0, 2.0])
    quantile(values, 0.5)
    assert values.tolist() == [3, 1, 2]


@pytest.mark.parametrize("q", [-0.01, 1.01, math.nan])
def test_a_quantile_lies_between_0_and_1(q: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile([1], q)


def test_what_was_not_measured_is_to_be_left_out() -> None:
    with pytest.raises(ValueError, match="not a number"):
        quantile([1, math.nan], 0.5)
