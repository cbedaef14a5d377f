"""The search against the queue whose knee has a closed form, in virtual time."""

from __future__ import annotations

import math

import pytest

from modelforge.benchmark.axis import concurrencies, rates
from modelforge.benchmark.find_max import MaxLoad, SearchBounds, find_max
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.slo import Slo
from modelforge.core.errors import UsageError
from modelforge.simulator.batch_queue import BatchQueue, capacity
from tests.unit.benchmark.virtual_queue import VirtualQueue

QUEUE = BatchQueue(slots=8, prefill_tokens_per_s=10_000)
PROMPT, OUTPUT = 100, 20
KNEE = capacity(QUEUE, prompt_tokens=PROMPT, output_tokens=OUTPUT).requests_per_s
OBJECTIVE = Objective.parse("ttft=500ms@p99")


def a_queue(
    objective: Objective = OBJECTIVE,
    *,
    duration_s: float | None = None,
    client_limit: float = math.inf,
) -> VirtualQueue:
    return VirtualQueue(
        QUEUE,
        prompt=PROMPT,
        output=OUTPUT,
        duration_s=duration_s or objective.probe_s(0.05),
        slo=objective.slo,
        client_limit=client_limit,
    )


async def searched(probe: VirtualQueue, start: float, **changes: float) -> MaxLoad:
    bounds = SearchBounds(**{"start": start, "least": 0.1, "most": 10_000, **changes})  # type: ignore[arg-type]
    return await find_max(probe, rates("constant"), OBJECTIVE, bounds)


@pytest.mark.parametrize("start", [1.0, 20.0, 700.0])
async def test_it_finds_the_knee_from_anywhere_within_five_percent(start: float) -> None:
    found = await searched(a_queue(), start)
    assert found.converged
    assert found.estimate == pytest.approx(KNEE, rel=0.05)
    assert found.interval.width <= 0.05 * KNEE * 1.05
    assert found.interval.low <= KNEE <= found.interval.high
    assert len(found.probes) <= 20


async def test_a_load_that_holds_for_one_run_only_does_not_hold() -> None:
    """At 1.01 times the knee the wait is 200 ms after 20 s: within the limit, and growing."""
    result = await a_queue()(rates("constant").make(KNEE * 1.01))
    assert result.good_requests == result.total_requests
    assert OBJECTIVE.outgrown(result.growth)
    assert not OBJECTIVE.outgrown((await a_queue()(rates("constant").make(KNEE * 0.99))).growth)


async def test_random_arrivals_are_repeated_near_the_edge() -> None:
    """Poisson arrivals hold a little less than the knee; every probe draws others."""
    bounds = SearchBounds(start=10, least=0.1, most=10_000)
    found = await find_max(a_queue(duration_s=60.0), rates("poisson"), OBJECTIVE, bounds)
    assert found.converged
    assert found.estimate is not None
    assert 0.8 * KNEE < found.estimate < 1.02 * KNEE


async def test_a_concurrency_is_found_to_the_whole_number() -> None:
    """All answers of a closed loop take Little's law's time: the limit says how many fit."""
    fits = 12
    one_ms = capacity(QUEUE, prompt_tokens=PROMPT, output_tokens=OUTPUT, concurrency=fits).latency_s
    objective = Objective(slo=Slo(e2e=one_ms * 1000 * 1.04), share=0.5)
    bounds = SearchBounds(start=1, least=1, most=512)
    found = await find_max(a_queue(objective, duration_s=60.0), concurrencies(), objective, bounds)
    assert found.converged
    assert found.interval.low == pytest.approx(fits, abs=1.5)
    assert all(probe.value == int(probe.value) for probe in found.probes)


async def test_the_clients_limit_is_never_the_servers() -> None:
    found = await searched(a_queue(client_limit=KNEE / 2), 1.0)
    assert not found.converged
    assert found.client_bound_at is not None
    assert found.client_bound_at >= KNEE / 2
    assert math.isinf(found.interval.high)
    assert found.interval.low < KNEE / 2
    assert found.note is not None
    assert "the client is the limit" in found.note
    assert sum(probe.client_bound for probe in found.probes) == 2  # a second chance


async def test_an_edge_below_the_clients_limit_is_found_all_the_same() -> None:
    found = await searched(a_queue(client_limit=KNEE * 1.3), KNEE * 1.2)
    assert found.estimate == pytest.approx(KNEE, rel=0.05)


async def test_what_holds_everywhere_or_nowhere_is_said() -> None:
    everywhere = await searched(a_queue(), 1.0, most=KNEE / 2)
    assert (everywhere.interval.low, everywhere.interval.high) == (KNEE / 2, math.inf)
    assert everywhere.note is not None
    assert "still held" in everywhere.note
    nowhere = await searched(a_queue(), KNEE * 8, least=KNEE * 4)
    assert (nowhere.interval.low, nowhere.interval.high) == (0.0, KNEE * 4)
    assert nowhere.estimate is None


async def test_another_slo_in_the_results_is_refused() -> None:
    other = Objective.parse("ttft=1s")
    with pytest.raises(UsageError, match="another SLO"):
        await searched(a_queue(other), 1.0)
