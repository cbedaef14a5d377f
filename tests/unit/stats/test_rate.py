"""Rates with intervals by batches of time."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import (
    EmptySample,
    LengthsDiffer,
    NotFinite,
    OutOfRange,
    TooFewValues,
)
from modelforge.stats.rate import rate


def test_the_rate_of_a_poisson_stream_is_covered() -> None:
    rng = np.random.default_rng(31)
    hits = []
    for _ in range(500):
        times = np.cumsum(rng.exponential(0.1, 1500))
        hits.append(10 in rate(times, start_s=0, end_s=100).interval)
    assert 0.93 <= np.mean(hits) <= 0.975


def test_tokens_that_come_in_waves_are_covered() -> None:
    rng = np.random.default_rng(32)
    hits, naive = [], []
    for _ in range(300):
        # every 2 s the server takes another pace: what neighbours do is alike
        paces = np.repeat(rng.uniform(20, 180, 200), 20)
        counts = rng.poisson(paces / 10)
        times = np.repeat(np.arange(4000) / 10 + 0.05, counts)
        made = rate(times, start_s=0, end_s=400, amounts=np.full(times.size, 2.0))
        hits.append(200 in made.interval)
        naive.append(abs(made.point - 200) <= 1.96 * 2 * times.size**0.5 / 400)
    assert np.mean(hits) >= 0.9
    assert np.mean(naive) < 0.6  # as many independent arrivals would be far too sure


def test_only_the_span_counts() -> None:
    times = np.arange(0.05, 200, 0.1)
    made = rate(times, start_s=50, end_s=150)
    assert made.point == pytest.approx(10)
    assert made.n == 1000


def test_equal_batches_have_a_defined_answer() -> None:
    made = rate(np.arange(0.5, 320), start_s=0, end_s=320)
    assert (made.interval.low, made.point, made.interval.high) == (1, 1, 1)
    assert "equal" in made.method


def test_what_has_no_rate_is_refused() -> None:
    times = np.arange(100.0)
    with pytest.raises(LengthsDiffer):
        rate(times, start_s=0, end_s=100, amounts=[1.0])
    with pytest.raises(TooFewValues, match="has 39"):
        rate(times, start_s=0, end_s=39)
    for start_s, end_s in [(1.0, 1.0), (2.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)]:
        with pytest.raises(OutOfRange):
            rate(times, start_s=start_s, end_s=end_s)
    with pytest.raises(EmptySample):
        rate([], start_s=0, end_s=1)
    with pytest.raises(NotFinite):
        rate([1.0, float("nan")], start_s=0, end_s=1)
