"""The sweep against the queue whose capacity has a closed form, in virtual time."""

from __future__ import annotations

import pytest

from modelforge.benchmark.axis import concurrencies, rates
from modelforge.benchmark.probe import Probe
from modelforge.benchmark.sweep import SweepPlan, sweep
from modelforge.core.errors import Interrupted, UsageError
from modelforge.simulator.batch_queue import BatchQueue, capacity
from tests.unit.benchmark.virtual_queue import VirtualQueue

QUEUE = BatchQueue(slots=8, prefill_tokens_per_s=10_000)
PROMPT, OUTPUT = 100, 20
KNEE = capacity(QUEUE, prompt_tokens=PROMPT, output_tokens=OUTPUT).requests_per_s


def a_queue(client_limit: float = float("inf")) -> VirtualQueue:
    return VirtualQueue(
        QUEUE, prompt=PROMPT, output=OUTPUT, duration_s=30.0, client_limit=client_limit
    )


async def test_a_closed_loop_saturates_when_the_slots_are_taken() -> None:
    seen: list[Probe] = []
    found = await sweep(
        a_queue(), concurrencies(), SweepPlan(start=1, most=1024), on_probe=seen.append
    )
    assert found.saturation is not None
    assert found.saturation.requests_per_s == pytest.approx(KNEE, rel=0.03)
    assert found.saturation.at in {7, 8}
    assert found.saturation.latency_ratio > 1.5
    assert [point.value for point in found.points] == sorted(point.value for point in seen)
    assert max(point.value for point in found.points) == 16  # one step into saturation, no further


async def test_an_open_loop_saturates_at_the_knee() -> None:
    found = await sweep(a_queue(), rates("constant"), SweepPlan(start=5, most=10_000))
    assert found.saturation is not None
    assert found.saturation.requests_per_s == pytest.approx(KNEE, rel=0.05)
    assert found.saturation.below is not None
    assert found.saturation.below < KNEE < found.saturation.at * 1.1


async def test_without_saturation_there_is_no_point() -> None:
    found = await sweep(a_queue(), rates("constant"), SweepPlan(start=1, most=KNEE / 2))
    assert found.saturation is None
    assert found.note is not None
    assert "no saturation" in found.note


async def test_the_clients_limit_ends_the_climb() -> None:
    found = await sweep(
        a_queue(client_limit=KNEE / 2), rates("constant"), SweepPlan(start=1, most=10_000)
    )
    assert found.saturation is None
    assert found.client_bound_at is not None
    assert found.points[-1].client_bound


@pytest.mark.parametrize("changes", [{"start": 0.0}, {"most": 0.5}, {"factor": 1.0}, {"gain": 0.0}])
def test_a_plan_without_a_way_up_is_refused(changes: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        SweepPlan(**{"start": 1.0, "most": 10.0, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("runs", [2, 5])
async def test_what_was_tried_before_an_interruption_is_told(runs: int) -> None:
    probe = a_queue()
    probe.interrupted_after = runs
    found = await sweep(probe, rates("constant"), SweepPlan(start=5, most=10_000))
    assert len(found.points) == runs
    assert found.note == f"interrupted after {runs} runs"
    assert (found.saturation is None) == (runs == 2)
    probe.interrupted_after = 0
    with pytest.raises(Interrupted):
        await sweep(probe, rates("constant"), SweepPlan(start=5, most=10_000))


@pytest.mark.parametrize("client_limit", [float("inf"), 0.0])  # to be refused fast is work too
async def test_a_server_that_answers_nothing_is_not_saturated(client_limit: float) -> None:
    probe = a_queue(client_limit)
    probe.refuses = True
    found = await sweep(probe, concurrencies(), SweepPlan(start=1, most=1024))
    assert found.saturation is None
    assert len(found.points) == 2
    assert found.client_bound_at is None
    assert str(found.note).startswith("no request was answered: rate_limited ")


async def test_answers_that_come_after_the_end_are_no_throughput() -> None:
    probe = a_queue()
    probe.duration_s = 0.01
    found = await sweep(probe, concurrencies(), SweepPlan(start=1, most=1024))
    assert found.saturation is None
    assert len(found.points) == 2
    assert str(found.note).startswith("no answer came before its run ended")


async def test_a_run_without_a_request_is_no_plateau() -> None:
    probe = a_queue()
    probe.duration_s = 0.5
    found = await sweep(probe, rates("poisson"), SweepPlan(start=0.001, most=10_000))
    assert found.points[0].empty
    assert found.saturation is not None
    assert found.saturation.requests_per_s > 0
