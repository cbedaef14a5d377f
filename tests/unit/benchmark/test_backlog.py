"""The backlog that arrivals make, and what it is in the long run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.axis import rates
from modelforge.benchmark.backlog import Backlog, backlog
from modelforge.benchmark.miss_shapes import MissShapes

ALLOWED = 0.01


@given(st.lists(st.floats(0, 100), min_size=1, max_size=50).map(sorted))
def test_it_is_a_bucket_that_leaks(due: list[float]) -> None:
    ahead, before_s = 0.0, due[0]
    for at_s, said in zip(due, backlog(np.array(due)), strict=True):
        ahead = max(0.0, ahead - (at_s - before_s))
        assert said == pytest.approx(ahead, abs=1e-9)
        ahead, before_s = ahead + 1, at_s


def test_poisson_arrivals_wait_as_long_as_erlang_says() -> None:
    """The edge of a server that misses beyond a limit, by the M/D/1 queue's distribution."""
    shapes = MissShapes.around(ALLOWED)
    edges = np.exp(Backlog(rates("poisson"), shapes, ALLOWED).log_edges)
    steps = shapes.softnesses == shapes.softnesses.min()
    clean = shapes.floors == shapes.floors.min()
    for limit in (3.0, 7.0, 12.0):
        shape = np.argmin(np.where(steps & clean, abs(shapes.limits - limit), math.inf))
        beyond = 1 - _within(float(shapes.limits[shape]), float(edges[shape]))
        assert beyond == pytest.approx(ALLOWED - shapes.floors[shape], rel=0.3)  # 3 % of the load


def test_constant_arrivals_hold_up_to_the_drain() -> None:
    shapes = MissShapes.around(ALLOWED)
    edges = np.exp(Backlog(rates("constant"), shapes, ALLOWED).log_edges)
    steep = (shapes.softnesses < 0.1) & (shapes.limits > 1)
    assert edges[steep] == pytest.approx(1.0, abs=0.01)


def _within(limit: float, use: float) -> float:
    """The probability of a wait of so many services or less (Erlang, 1909)."""
    return (1 - use) * math.fsum(
        (-use * (limit - served)) ** served
        / math.factorial(served)
        * math.exp(use * (limit - served))
        for served in range(math.floor(limit) + 1)
    )
