"""Arrivals: their order, their sharing, and their dispersion against theory."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterable
from itertools import islice, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.arrivals import Arrivals, Constant, Gamma, Poisson, Trace, before, share
from modelforge.benchmark.gaps import Gaps
from modelforge.benchmark.varying import Ramp, Steps
from tests.support.refusal import refusal

RATES = st.floats(1e-3, 1e5)
GAPS = st.one_of(
    st.sampled_from([Gaps(kind="constant"), Gaps(kind="poisson")]),
    st.floats(0.05, 50).map(lambda burstiness: Gaps(kind="gamma", burstiness=burstiness)),
)
ARRIVALS: st.SearchStrategy[Arrivals] = st.one_of(
    RATES.map(lambda rate: Constant(rate=rate)),
    RATES.map(lambda rate: Poisson(rate=rate)),
    st.builds(Gamma, rate=RATES, burstiness=st.floats(0.05, 50)),
    st.builds(
        Ramp,
        from_rate=st.one_of(st.just(0.0), RATES),
        to_rate=RATES,
        over_s=st.floats(0.01, 100),
        gaps=GAPS,
    ),
    st.builds(Ramp, from_rate=RATES, to_rate=st.just(0.0), over_s=st.floats(0.01, 9), gaps=GAPS),
    st.builds(
        Steps,
        steps=st.lists(st.tuples(st.sampled_from([0.0, 1.5, 1e3]), st.floats(0.01, 9)), max_size=4)
        .map(lambda steps: ((5.0, 1.0), *steps))
        .map(tuple),
        gaps=GAPS,
    ),
    st.lists(st.floats(0, 1e6), min_size=1).map(lambda times: Trace(times_s=tuple(sorted(times)))),
)
SEEDS = st.integers(0, 2**70)


def first(due_s: Iterable[float], count: int = 5000) -> list[float]:
    return list(islice(due_s, count))


@given(ARRIVALS, SEEDS)
def test_arrivals_are_in_order_and_the_same_for_the_same_seed(
    arrivals: Arrivals, seed: int
) -> None:
    due_s = first(arrivals.due_s(seed))
    assert all(0 <= moment_s < math.inf for moment_s in due_s)
    assert all(earlier <= later for earlier, later in pairwise(due_s))
    copy: Arrivals = pickle.loads(pickle.dumps(arrivals))  # noqa: S301 (its own)
    assert copy == arrivals
    assert first(copy.due_s(seed)) == due_s
    assert arrivals.description == copy.description


@given(ARRIVALS, SEEDS, st.integers(1, 7))
def test_workers_share_one_process(arrivals: Arrivals, seed: int, workers: int) -> None:
    alone = list(islice(enumerate(arrivals.due_s(seed)), 3000))
    shared = [
        pair
        for worker in range(workers)
        for pair in islice(share(arrivals.due_s(seed), worker=worker, workers=workers), 3000)
    ]
    assert sorted(shared)[: len(alone)] == alone
    assert len({index for index, _ in shared}) == len(shared)


@pytest.mark.parametrize(
    "arrivals",
    [Poisson(rate=5), Gamma(rate=5, burstiness=1), Ramp(from_rate=1, to_rate=2, over_s=1)],
)
def test_another_seed_gives_other_arrivals(arrivals: Arrivals) -> None:
    assert first(arrivals.due_s(1)) != first(arrivals.due_s(2))


def test_constant_arrivals_are_exact() -> None:
    due_s = first(Constant(rate=4).due_s(0))
    assert due_s == [index / 4 for index in range(5000)]
    assert dispersion(due_s, window_s=10) == 0


@pytest.mark.parametrize(
    ("arrivals", "squared_cv"),
    [
        (Poisson(rate=50), 1.0),
        (Gamma(rate=50, burstiness=1.0), 1.0),
        (Gamma(rate=50, burstiness=0.25), 4.0),
        (Gamma(rate=50, burstiness=4.0), 0.25),
    ],
)
def test_gaps_and_counts_vary_as_the_theory_says(arrivals: Arrivals, squared_cv: float) -> None:
    counts, cvs, rates = [], [], []
    for seed in range(20):
        due_s = first(arrivals.due_s(seed), 50_000)
        gaps = np.diff(due_s)
        cvs.append(gaps.std() / gaps.mean())
        rates.append(len(due_s) / due_s[-1])
        counts.append(dispersion(due_s, window_s=4))
    assert np.mean(rates) == pytest.approx(50, rel=0.01)
    assert np.mean(cvs) ** 2 == pytest.approx(squared_cv, rel=0.02)
    # The counts of a window of 200 mean gaps are nearly those of an endless one.
    assert np.mean(counts) == pytest.approx(squared_cv, rel=0.05)


@pytest.mark.parametrize("burstiness", [0.1, 1.0, 10.0])
def test_the_first_seconds_have_the_rate_already(burstiness: float) -> None:
    arrivals = Gamma(rate=2, burstiness=burstiness)
    counts = [len(list(before(arrivals.due_s(seed), 1.0))) for seed in range(4000)]
    error = np.std(counts) / math.sqrt(len(counts))
    assert abs(np.mean(counts) - 2) < 4 * error


def dispersion(due_s: list[float], *, window_s: float) -> float:
    """Variance / mean of the counts of consecutive windows."""
    windows = int(due_s[-1] / window_s)
    counts = np.bincount((np.array(due_s) // window_s).astype(int))[:windows]
    return float(counts.var() / counts.mean())


def test_poisson_gaps_are_exponential_and_independent() -> None:
    gaps = np.diff(first(Poisson(rate=1).due_s(7), 100_000))
    for quantile in (0.1, 0.5, 0.9, 0.99):
        assert np.quantile(gaps, quantile) == pytest.approx(-math.log1p(-quantile), rel=0.03)
    assert abs(np.corrcoef(gaps[:-1], gaps[1:])[0, 1]) < 0.02


def test_a_ramp_has_the_rate_of_the_moment() -> None:
    due_s = np.array(
        first(Ramp(from_rate=0, to_rate=1000, over_s=10, gaps=Gaps(kind="constant")).due_s(0), 9000)
    )
    for moment_s in (1, 2.5, 10):
        assert abs(np.sum(due_s < moment_s) - 50 * moment_s**2) <= 1
    assert np.diff(due_s[due_s > 10]) == pytest.approx(1e-3)


def test_a_ramp_down_to_zero_ends() -> None:
    due_s = list(Ramp(from_rate=100, to_rate=0, over_s=10, gaps=Gaps(kind="constant")).due_s(0))
    assert len(due_s) == 500
    assert due_s[-1] < 10
    assert sum(moment_s < 5 for moment_s in due_s) == pytest.approx(375, abs=1)


def test_a_poisson_ramp_has_poisson_counts() -> None:
    ramp = Ramp(from_rate=10, to_rate=30, over_s=10)
    counts = [len(list(before(ramp.due_s(seed), 10.0))) for seed in range(2000)]
    assert np.mean(counts) == pytest.approx(200, rel=0.01)
    assert np.var(counts) / np.mean(counts) == pytest.approx(1, abs=0.12)


def test_steps_have_their_rates_and_pauses_and_end() -> None:
    steps = Steps(steps=((10, 2), (0, 3), (5, 4)), gaps=Gaps(kind="constant"))
    due_s = list(steps.due_s(0))
    assert due_s == pytest.approx(
        [index / 10 for index in range(20)] + [5 + index / 5 for index in range(20)]
    )


def test_a_trace_is_replayed_faster() -> None:
    trace = Trace(times_s=(0.0, 1.0, 1.0, 5.0), speed_up=2)
    assert list(trace.due_s(3)) == [0, 0.5, 0.5, 2.5]
    assert trace.description == "trace, 4 requests in 2.5 s, speed-up 2"
    assert trace.finite


def test_what_ends_by_itself() -> None:
    assert not Constant(rate=1).finite
    assert not Poisson(rate=1).finite
    assert not Gamma(rate=1, burstiness=2).finite
    assert not Ramp(from_rate=1, to_rate=2, over_s=1).finite
    assert Ramp(from_rate=1, to_rate=0, over_s=1).finite
    assert Steps(steps=((1, 1),)).finite


@pytest.mark.parametrize("rate", [0, -1, math.inf, math.nan, 1e10])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    expected = f"the rate in requests/s must be from 1e-06 to 1e+09, not {rate:g}"
    assert refusal(lambda: Constant(rate=rate)) == expected
    assert refusal(lambda: Poisson(rate=rate)) == expected
    assert refusal(lambda: Gamma(rate=rate, burstiness=1)) == expected


def test_what_makes_no_process_is_refused() -> None:
    assert "burstiness must be" in refusal(lambda: Gamma(rate=1, burstiness=0))
    assert "burstiness must be" in refusal(lambda: Gamma(rate=1, burstiness=math.nan))
    assert "no burstiness" in refusal(lambda: Gaps(kind="poisson", burstiness=2))
    assert "'often' is no arrival" in refusal(lambda: Gaps(kind="often"))  # type: ignore[arg-type]
    assert "from 0 to 0" in refusal(lambda: Ramp(from_rate=0, to_rate=0, over_s=1))
    assert "a ramp's time" in refusal(lambda: Ramp(from_rate=0, to_rate=1, over_s=0))
    assert "the rate" in refusal(lambda: Ramp(from_rate=-1, to_rate=1, over_s=1))
    assert "at least one" in refusal(lambda: Steps(steps=()))
    assert "at least one" in refusal(lambda: Steps(steps=((0, 1),)))
    assert "a step's time" in refusal(lambda: Steps(steps=((1, math.inf),)))
    assert "at least one request" in refusal(lambda: Trace(times_s=()))
    assert "finite" in refusal(lambda: Trace(times_s=(math.nan,)))
    assert "0 s or more" in refusal(lambda: Trace(times_s=(-1.0,)))
    assert "not decrease" in refusal(lambda: Trace(times_s=(1.0, 0.5)))
    assert "speed-up" in refusal(lambda: Trace(times_s=(1.0,), speed_up=0))


@pytest.mark.parametrize(
    "arrivals",
    [Constant(rate=1), Trace(times_s=(1.0,)), Poisson(rate=1), Gamma(rate=1, burstiness=2)],
)
def test_a_negative_seed_is_refused(arrivals: Arrivals) -> None:
    assert refusal(lambda: next(arrivals.due_s(-1))).startswith("the seed must be")


@pytest.mark.parametrize(("worker", "workers"), [(0, 0), (-1, 2), (2, 2)])
def test_a_worker_that_is_none_is_refused(worker: int, workers: int) -> None:
    assert "worker" in refusal(lambda: share(iter([0.0]), worker=worker, workers=workers))
