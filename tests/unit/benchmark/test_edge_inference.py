"""What is believed of the edge: by servers whose edge is known."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.benchmark.axis import Axis, concurrencies, rates
from modelforge.benchmark.backlog import backlog
from modelforge.benchmark.edge_inference import EdgeInference
from modelforge.benchmark.load import Limits, OpenLoop
from modelforge.benchmark.pressure import Tried

DRAINED = 20.0


def arrivals(axis: Axis, rate: float, *, seed: int, duration_s: float = 20.0) -> np.ndarray:
    load = axis.make(rate)
    assert isinstance(load, OpenLoop)
    return np.array([due for _, due in load.schedule(Limits(duration_s=duration_s), seed=seed)])


def of_a_queue(axis: Axis, rate: float, *, seed: int) -> Tried:
    """A server that drains 20 a second and is late for those with more than six ahead."""
    due_s = arrivals(axis, rate, seed=seed)
    return Tried(value=rate, due_s=due_s, missed=backlog(due_s * DRAINED) > 6)


def test_a_few_probes_tell_how_fast_a_queue_drains() -> None:
    axis = rates("constant")
    tried = [of_a_queue(axis, rate, seed=1) for rate in (10, 20.6, 24, 40)]
    belief = EdgeInference(axis, 0.01).belief(tried)
    assert belief.at(0.5) == pytest.approx(DRAINED, rel=0.02)
    interval = belief.interval(0.9)
    assert interval.low < DRAINED < interval.high


def test_it_is_a_distribution_that_narrows() -> None:
    axis = rates("poisson")
    tried = [of_a_queue(axis, rate, seed=seed) for seed, rate in enumerate((8, 32, 15, 16, 17, 18))]
    inference = EdgeInference(axis, 0.01)
    widths = []
    for count in (2, 6):
        belief = inference.belief(tried[:count])
        assert belief.weights.sum() == pytest.approx(1)
        interval = belief.interval(0.9)
        assert interval.low <= belief.at(0.5) <= interval.high
        widths.append(interval.width)
    assert widths[1] < widths[0] / 2


def test_a_stall_of_the_server_widens_and_does_not_settle() -> None:
    """A probe far below the edge in which, for a while, everything was late."""
    axis = rates("constant")
    tried = [of_a_queue(axis, rate, seed=1) for rate in (10, 19, 19.6, 20.4, 21, 24, 40)]
    inference = EdgeInference(axis, 0.01)
    calm = inference.belief(tried)
    due_s = arrivals(axis, 14.0, seed=1)
    stalled = Tried(value=14.0, due_s=due_s, missed=(due_s > 5) & (due_s < 5.7))
    shaken = inference.belief([*tried, stalled])
    assert shaken.spread > calm.spread
    assert shaken.at(0.5) == pytest.approx(DRAINED, rel=0.1)
    assert shaken.interval(0.9).width >= calm.interval(0.9).width


def test_misses_without_a_queue_are_told_by_the_load_alone() -> None:
    """Independent misses whose probability grows with the load: 1 % of them at 10 a second."""
    axis = rates("poisson")
    rng = np.random.default_rng(3)
    tried = []
    for seed, rate in enumerate((4, 7, 9, 10, 11, 13, 16, 32)):
        due_s = arrivals(axis, rate, seed=seed, duration_s=100.0)
        probable = 1 / (1 + 99 * (10 / rate) ** 6)
        tried.append(Tried(value=rate, due_s=due_s, missed=rng.random(due_s.size) < probable))
    belief = EdgeInference(axis, 0.01).belief(tried)
    assert belief.at(0.5) == pytest.approx(10, rel=0.15)
    assert 10 in belief.interval(0.95)


def test_the_next_probe_is_worth_most_where_servers_differ() -> None:
    axis = rates("constant")
    tried = [of_a_queue(axis, rate, seed=1) for rate in (8, 16, 32)]
    inference = EdgeInference(axis, 0.01)
    belief = inference.belief(tried)
    near, far = (inference.worth(belief, value, 20.0, tried) for value in (21.0, 4.0))
    assert 0 <= far < near <= 1


def test_clients_have_no_backlog() -> None:
    """Up to 12 at a time are answered in time."""
    tried = [
        Tried(value=value, due_s=np.arange(200.0), missed=np.full(200, value > 12))
        for value in (1.0, 2.0, 4.0, 8.0, 16.0, 12.0, 14.0, 13.0)
    ]
    belief = EdgeInference(concurrencies(), 0.01).belief(tried)
    interval = belief.interval(0.9)
    assert 11.5 < interval.low < interval.high < 13.2
