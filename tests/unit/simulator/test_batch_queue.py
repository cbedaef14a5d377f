"""The queue in virtual time: its invariants, and its capacity against the closed form."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import UsageError
from modelforge.simulator.batch_engine import BatchEngine, Emission
from modelforge.simulator.batch_queue import BatchQueue, capacity

QUEUE = BatchQueue(slots=8, prefill_tokens_per_s=10_000)
Arrivals = list[tuple[float, int, int]]


def run(queue: BatchQueue, arrivals: Arrivals) -> list[Emission[int]]:
    """All tokens of ``arrivals`` (at, prompt tokens, output tokens), in order of time."""
    engine: BatchEngine[int] = BatchEngine(queue)
    emissions: list[Emission[int]] = []
    pending = list(enumerate(arrivals))
    while pending or engine.next_s is not None:
        if pending and (engine.next_s is None or pending[0][1][0] <= engine.next_s):
            key, (at_s, prompt, output) = pending.pop(0)
            engine.submit(key, at_s=at_s, prompt_tokens=prompt, output_tokens=output)
        else:
            assert engine.next_s is not None
            emissions += engine.advance(engine.next_s)
        assert engine.running <= queue.slots
        assert not engine.waiting or engine.next_s is not None  # never idle with work
    return emissions


@pytest.mark.parametrize("concurrency", [1, 3, 8, 20])
@pytest.mark.parametrize(("prompt", "output"), [(500, 100), (20, 1), (4000, 30)])
def test_the_closed_form_is_what_the_engine_sustains(
    concurrency: int, prompt: int, output: int
) -> None:
    engine: BatchEngine[int] = BatchEngine(QUEUE)
    for key in range(concurrency):
        engine.submit(key, at_s=0, prompt_tokens=prompt, output_tokens=output)
    done = 0
    at_s = begun_s = 0.0
    while done < 1200:
        assert engine.next_s is not None
        for emission in engine.advance(engine.next_s):
            at_s = emission.at_s
            if emission.last:
                done += 1
                begun_s = at_s if done == 200 else begun_s
                engine.submit(
                    concurrency + done, at_s=at_s, prompt_tokens=prompt, output_tokens=output
                )
    expected = capacity(QUEUE, prompt_tokens=prompt, output_tokens=output, concurrency=concurrency)
    assert 1000 / (at_s - begun_s) == pytest.approx(expected.requests_per_s, rel=0.02)


def test_latency_stays_below_the_knee_and_grows_above_it() -> None:
    knee = capacity(QUEUE, prompt_tokens=100, output_tokens=50).requests_per_s

    def waits(share: float) -> tuple[float, float]:
        arrivals = [(number / (share * knee), 100, 50) for number in range(600)]
        ends = {item.key: item.at_s for item in run(QUEUE, arrivals) if item.last}
        latencies = [ends[key] - arrivals[key][0] for key in range(600)]
        return sum(latencies[200:300]), sum(latencies[500:])

    early, late = waits(0.8)
    assert late == pytest.approx(early, rel=0.1)
    early, late = waits(1.25)
    assert late > 1.5 * early


arrivals_lists = st.lists(
    st.tuples(
        st.floats(0, 5, allow_nan=False), st.integers(1, 9000), st.integers(1, 20)
    ),
    min_size=1,
    max_size=40,
).map(sorted)  # fmt: skip


@given(arrivals=arrivals_lists, slots=st.integers(1, 5))
def test_every_token_comes_once_in_order_and_first_come_is_first_served(
    arrivals: Arrivals, slots: int
) -> None:
    emissions = run(BatchQueue(slots=slots), arrivals)
    assert all(one.at_s <= other.at_s for one, other in pairwise(emissions))
    firsts: dict[int, float] = {}
    for emission in emissions:
        firsts.setdefault(emission.key, emission.at_s)
    assert list(firsts) == sorted(firsts)  # FIFO
    for key, (at_s, _, output) in enumerate(arrivals):
        assert sum(emission.key == key for emission in emissions) == output
        assert firsts[key] > at_s


@given(arrivals=arrivals_lists, slots=st.integers(1, 5), late_s=st.floats(0, 3))
def test_a_late_driver_changes_nothing(arrivals: Arrivals, slots: int, late_s: float) -> None:
    queue = BatchQueue(slots=slots)
    engine: BatchEngine[int] = BatchEngine(queue)
    emissions: list[Emission[int]] = []
    for key, (at_s, prompt, output) in enumerate(arrivals):
        emissions += engine.advance(at_s - late_s)
        engine.submit(key, at_s=at_s, prompt_tokens=prompt, output_tokens=output)
    emissions += engine.advance(1e9)
    assert emissions == run(queue, arrivals)


def test_a_cancelled_sequence_leaves_its_slot() -> None:
    engine: BatchEngine[str] = BatchEngine(BatchQueue(slots=1))
    for key in ("runs", "waits", "next"):
        engine.submit(key, at_s=0, prompt_tokens=10, output_tokens=5)
    engine.cancel("runs")
    engine.cancel("waits")
    engine.cancel("stranger")
    assert {emission.key for emission in engine.advance(100)} == {"next"}
    assert (engine.running, engine.waiting, engine.next_s) == (0, 0, None)


def test_time_does_not_turn_back() -> None:
    engine: BatchEngine[int] = BatchEngine(QUEUE)
    engine.submit(0, at_s=5, prompt_tokens=1, output_tokens=1)
    with pytest.raises(ValueError, match="comes after"):
        engine.submit(1, at_s=4, prompt_tokens=1, output_tokens=1)
    with pytest.raises(ValueError, match="at least one token"):
        engine.submit(1, at_s=6, prompt_tokens=1, output_tokens=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slots": 0},
        {"prefill_tokens_per_s": 0},
        {"decode_base_s": -1},
        {"decode_base_s": 0, "decode_per_sequence_s": 0},
    ],
)
def test_a_queue_must_hold_together(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        BatchQueue(**wrong)  # type: ignore[arg-type]
