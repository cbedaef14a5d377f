"""Loads and their limits."""

from __future__ import annotations

import math
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.arrivals import Constant, Poisson, Trace
from modelforge.benchmark.load import (
    WARM_UP_FROM,
    ClosedLoop,
    Limits,
    OpenLoop,
)
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.varying import Ramp, Steps
from tests.support.refusal import refusal


@given(st.integers(1, 20), st.integers(1, 9), st.integers(1, 200))
def test_workers_share_the_requests_of_a_closed_loop(
    concurrency: int, workers: int, requests: int
) -> None:
    loop, limits = ClosedLoop(concurrency=concurrency), Limits(requests=requests)
    shares = [
        list(loop.indices(limits, worker=worker, workers=workers)) for worker in range(workers)
    ]
    assert sorted(index for share in shares for index in share) == list(range(requests))
    clients = [loop.clients(worker=worker, workers=workers) for worker in range(workers)]
    assert sum(clients) == concurrency
    for share, own in zip(shares, clients, strict=True):
        assert share == sorted(share)
        assert own * (requests // concurrency) <= len(share) <= own * -(-requests // concurrency)


def test_a_closed_loop_without_a_number_of_requests_has_no_end() -> None:
    loop = ClosedLoop(concurrency=3)
    limits = Limits(duration_s=1)
    assert list(islice(loop.indices(limits, worker=1, workers=2), 3)) == [1, 4, 7]
    assert list(loop.indices(limits, worker=4, workers=5)) == []


def test_the_first_of_both_limits_ends_an_open_loop() -> None:
    load = OpenLoop(arrivals=Constant(rate=10))
    by_time = list(load.schedule(Limits(duration_s=1, requests=99), seed=0))
    assert by_time == [(index, index / 10) for index in range(10)]
    assert list(load.schedule(Limits(duration_s=1, requests=3), seed=0)) == by_time[:3]
    trace = OpenLoop(arrivals=Trace(times_s=(0.0, 2.0)))
    assert list(trace.schedule(Limits(), seed=0)) == [(0, 0.0), (1, 2.0)]


STEPS = OpenLoop(arrivals=Steps(steps=((10, 1), (0, 2))))
DOWN = OpenLoop(arrivals=Ramp(from_rate=10, to_rate=0, over_s=2))


@pytest.mark.parametrize(
    ("load", "limits", "complete"),
    [
        (OpenLoop(arrivals=Constant(rate=10)), Limits(duration_s=1), False),
        (OpenLoop(arrivals=Constant(rate=10)), Limits(duration_s=1, requests=99), False),
        (OpenLoop(arrivals=Constant(rate=10)), Limits(duration_s=1, requests=5), True),
        (OpenLoop(arrivals=Trace(times_s=(0.0, 2.0))), Limits(), True),
        (OpenLoop(arrivals=Trace(times_s=(0.0, 2.0))), Limits(duration_s=9), True),
        (OpenLoop(arrivals=Trace(times_s=(0.0, 2.0))), Limits(duration_s=1), False),
        (STEPS, Limits(duration_s=3), False),
        (STEPS, Limits(duration_s=3, requests=4), True),
        (STEPS, Limits(), True),
        (DOWN, Limits(duration_s=2), False),
    ],
)
@pytest.mark.parametrize("workers", [1, 3])
def test_a_schedule_knows_whether_time_ended_it(
    load: OpenLoop, limits: Limits, workers: int, *, complete: bool
) -> None:
    for worker in range(workers):
        schedule = load.schedule(limits, seed=0, worker=worker, workers=workers)
        list(schedule)
        assert schedule.complete is complete


def test_how_long_arrivals_last() -> None:
    assert STEPS.lasts_s == 3
    assert DOWN.lasts_s == 2
    for arrivals in (
        Constant(rate=1),
        Trace(times_s=(0.0, 2.0)),
        Ramp(from_rate=0, to_rate=1, over_s=2),
    ):
        assert OpenLoop(arrivals=arrivals).lasts_s is None


@given(st.integers(0, 99), st.integers(1, 6))
def test_the_schedule_does_not_depend_on_the_workers(seed: int, workers: int) -> None:
    load, limits = OpenLoop(arrivals=Poisson(rate=100)), Limits(duration_s=2)
    together = [
        pair
        for worker in range(workers)
        for pair in load.schedule(limits, seed=seed, worker=worker, workers=workers)
    ]
    assert sorted(together) == list(load.schedule(limits, seed=seed))


def test_a_run_without_an_end_is_refused() -> None:
    endless = "the run would never end: give a duration or a number of requests"
    assert refusal(lambda: Limits().require_end(ClosedLoop(concurrency=1))) == endless
    assert refusal(lambda: Limits().require_end(OpenLoop(arrivals=Poisson(rate=1)))) == endless
    Limits().require_end(OpenLoop(arrivals=Trace(times_s=(0.0,))))
    Limits(requests=1).require_end(ClosedLoop(concurrency=1))
    Limits(duration_s=1).require_end(ClosedLoop(concurrency=1))


def test_nonsense_is_refused() -> None:
    assert refusal(lambda: ClosedLoop(concurrency=0)) == (
        "the concurrency must be a whole number of at least 1, not 0"
    )
    assert "think time" in refusal(lambda: ClosedLoop(concurrency=1, think_s=-1))
    assert "think time" in refusal(lambda: ClosedLoop(concurrency=1, think_s=math.nan))
    assert refusal(lambda: Limits(duration_s=0)) == (
        "the duration must be above 0 s and finite, not 0"
    )
    assert "number of requests" in refusal(lambda: Limits(requests=0))
    assert "warm-up" in refusal(lambda: Limits(warmup_requests=-1))
    assert refusal(lambda: Limits(cooldown_s=-2)) == (
        "the cool-down must be 0 s or more and finite, not -2"
    )
    assert "concurrency" in refusal(lambda: ClosedLoop(concurrency=True))
    assert "workers" in refusal(lambda: ClosedLoop(concurrency=1).clients(worker=0, workers=0))


def test_warm_up_requests_are_none_of_the_measured() -> None:
    limits = Limits(warmup_requests=3)
    assert list(limits.warm_up) == [WARM_UP_FROM, WARM_UP_FROM + 1, WARM_UP_FROM + 2]
    work = Synthetic.parse("8")
    warm = {work.ask(index).prompt.text for index in limits.warm_up}
    assert warm.isdisjoint(work.ask(index).prompt.text for index in range(1000))


def test_a_load_says_what_it_is() -> None:
    assert ClosedLoop(concurrency=4).description == "closed loop, concurrency 4"
    assert ClosedLoop(concurrency=4, think_s=1.5).description.endswith(", 1.5 s of thinking")
    assert OpenLoop(arrivals=Poisson(rate=2)).description == "open loop, Poisson, 2 requests/s"
