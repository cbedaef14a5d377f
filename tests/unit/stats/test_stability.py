"""A change is found where it is, and not in alike latencies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from modelforge.stats.stability import stability


@pytest.mark.parametrize(("n", "correlation"), [(100, 0.0), (100, 0.8), (500, 0.8)])
def test_an_even_run_is_rarely_accused(n: int, correlation: float) -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(size=(300, n + 200))
    runs = lfilter([1], [1, -correlation], noise, axis=1)[:, 200:]
    accused = np.mean([stability(x, rng=rng).kind != "steady" for x in runs])
    assert accused <= 0.07


def test_a_shift_is_found_and_placed() -> None:
    rng = np.random.default_rng(6)
    found = [
        stability(rng.normal(size=400) + 2 * (np.arange(400) >= 240), rng=rng) for _ in range(50)
    ]
    assert all(s.kind == "level shift" for s in found)
    assert np.median([s.at or 0 for s in found]) == pytest.approx(240, abs=15)
    assert all((s.median_after or 0) > (s.median_before or 0) for s in found)


def test_few_and_equal_values_are_steady() -> None:
    rng = np.random.default_rng(7)
    assert stability([0.0] * 20 + [9.0] * 19, rng=rng).kind == "steady"
    assert stability([0.0] * 100, rng=rng).p_value == 1
