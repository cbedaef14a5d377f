"""Whether waits grow: told from noise, from filling up, and from too little to tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from modelforge.benchmark.growth import Growth, growth_of
from modelforge.benchmark.summary import summarise
from tests.unit.benchmark.runs import PLAN, SECOND, a_recording, a_request, a_table, a_word

DUE_S = np.arange(240) / 24


def noise(seed: int, *, scale_ms: float = 10.0) -> NDArray[np.float64]:
    return np.random.default_rng(seed).gamma(4.0, scale_ms / 4.0, len(DUE_S))


def found(due_s: NDArray[np.float64], wait_ms: NDArray[np.float64]) -> Growth:
    growth = growth_of(lambda: [(due_s, wait_ms)])
    assert growth is not None
    return growth


@given(st.floats(-1e3, 1e3), st.floats(0, 1e4))
def test_a_line_is_found_as_it_is(slope: float, start: float) -> None:
    growth = found(DUE_S, start + slope * DUE_S)
    assert growth.ms_per_s == pytest.approx(slope, abs=1e-6, rel=1e-6)
    assert growth.total_ms == pytest.approx(slope * DUE_S[-1], abs=1e-4, rel=1e-6)


def test_growth_is_told_from_noise() -> None:
    steady = [found(DUE_S, 20 + noise(seed)).beyond(0.0) for seed in range(400)]
    growing = [found(DUE_S, 20 + 5 * DUE_S + noise(seed)).beyond(12.5) for seed in range(100)]
    assert sum(steady) <= 8
    assert sum(growing) >= 98


def test_filling_up_is_no_growth() -> None:
    filling = 20 + np.minimum(DUE_S, 2.0) * 40
    assert not found(DUE_S, filling + noise(1)).beyond(12.5)


def test_the_order_does_not_matter() -> None:
    wait_ms, order = 20 + noise(3) + DUE_S, np.random.default_rng(1).permutation(len(DUE_S))
    one, two = found(DUE_S, wait_ms), found(DUE_S[order], wait_ms[order])
    assert one.ms_per_s == pytest.approx(two.ms_per_s)
    assert one.error_ms_per_s == pytest.approx(two.error_ms_per_s)


@pytest.mark.parametrize(
    "due_s", [DUE_S[:0], DUE_S[:20], np.zeros(100), np.array([0.0] * 99 + [9])]
)
def test_too_little_tells_nothing(due_s: NDArray[np.float64]) -> None:
    assert growth_of(lambda: [(due_s, np.ones(len(due_s)))]) is None


def test_requests_without_a_token_do_not_count() -> None:
    wait_ms = 20 + 5 * DUE_S
    wait_ms[::7] = np.nan
    assert found(DUE_S, wait_ms).ms_per_s == pytest.approx(5)


@pytest.mark.parametrize("open_loop", [True, False])
def test_a_run_that_fell_behind_says_so(open_loop: bool) -> None:
    rows = [
        a_request(
            number,
            due_ns=number * SECOND // 10,
            sent_ns=number * SECOND // 10,
            first_ns=number * SECOND // 10 + number * SECOND // 100,
            last_ns=number * SECOND // 10 + number * SECOND // 100,
            done_ns=number * SECOND // 10 + number * SECOND // 100,
        )
        for number in range(60)
    ]
    plan = type(PLAN)(model=PLAN.model, open_loop=open_loop)
    result = summarise(a_recording(a_table(*rows), [a_word(at_s=6.0)], plan=plan))
    notes = [note.code for note in result.verdict.notes]
    assert ("growing_wait" in notes) is open_loop
    assert (result.growth is not None) is open_loop
