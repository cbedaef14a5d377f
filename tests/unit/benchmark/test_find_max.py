"""The search against the queue whose knee has a closed form, in virtual time."""

from __future__ import annotations

import math
from typing import Any

import pytest

from modelforge.benchmark.axis import concurrencies, rates
from modelforge.benchmark.find_max import MaxLoad, SearchBounds, find_max
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.slo import Slo
from modelforge.core.errors import Interrupted, UsageError
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
    seed: int = 1,
) -> VirtualQueue:
    return VirtualQueue(
        QUEUE,
        prompt=PROMPT,
        output=OUTPUT,
        duration_s=duration_s or objective.probe_s(0.05),
        slo=objective.slo,
        client_limit=client_limit,
        seed=seed,
    )


def bounds(start: float, **changes: Any) -> SearchBounds:
    return SearchBounds(
        **{"start": start, "least": 0.1, "most": 10_000, "probe_s": 20.0, **changes}
    )


async def searched(probe: VirtualQueue, start: float, **changes: Any) -> MaxLoad:
    return await find_max(probe, rates("constant"), OBJECTIVE, bounds(start, **changes))


def late(rate: float, objective: Objective) -> float:
    """Which share of a long run of Poisson arrivals misses the limit: 60,000 of them."""
    limit_s = next(ms for _, ms in objective.slo.limits_ms()) / 1000
    long = a_queue(objective, duration_s=60_000 / rate, seed=99)
    return long.late(rates("poisson").make(rate), limit_s)


@pytest.mark.parametrize("start", [3.0, 20.0, 200.0])
async def test_it_finds_the_knee_from_anywhere_within_five_percent(start: float) -> None:
    found = await searched(a_queue(), start)
    assert found.converged
    assert found.estimate == pytest.approx(KNEE, rel=0.05)
    assert found.interval.width <= 0.05 * KNEE * 1.05
    assert found.interval.low <= KNEE <= found.interval.high
    assert len(found.probes) <= 20


@pytest.mark.parametrize("seed", [1000, 2000])
async def test_poisson_arrivals_hold_what_they_hold_in_the_long_run(seed: int) -> None:
    """Not the knee, which they never hold, and not what a lucky ten seconds hold."""
    objective = Objective.parse("ttft=250ms@p99")
    probe = a_queue(objective, duration_s=10.0, seed=seed)
    found = await find_max(probe, rates("poisson"), objective, bounds(8.0, probe_s=10.0))
    assert found.converged
    assert found.estimate is not None
    assert late(found.estimate * 0.95, objective) < 0.01 < late(found.estimate * 1.05, objective)
    assert late(found.interval.low * 0.98, objective) < 0.01
    assert late(found.interval.high * 1.02, objective) > 0.01
    assert found.estimate < 0.8 * KNEE


async def test_probes_that_are_too_short_say_so() -> None:
    """Two seconds hold some thirty requests: the interval is as wide as what they leave open."""
    objective = Objective.parse("ttft=250ms@p99")
    short = bounds(8.0, probe_s=2.0, lengthen=False, most_probes=10)
    found = await find_max(
        a_queue(objective, duration_s=2.0, seed=5), rates("poisson"), objective, short
    )
    assert all(probe.result.total_duration == pytest.approx(2) for probe in found.probes)
    assert not found.converged
    assert found.note == "10 probes were not enough"
    assert found.interval.width > 0.05 * KNEE
    assert late(found.interval.low, objective) < 0.01 < late(found.interval.high, objective)


async def test_later_probes_are_longer_rather_than_many() -> None:
    objective = Objective.parse("ttft=250ms@p99.9")
    found = await find_max(
        a_queue(objective, duration_s=10.0, seed=7),
        rates("poisson"),
        objective,
        bounds(8.0, probe_s=10.0, most_probes=12),
    )
    lengths = [probe.result.total_duration for probe in found.probes]
    assert lengths == sorted(lengths)
    assert lengths[0] == pytest.approx(10)
    assert lengths[-1] == pytest.approx(40)


async def test_a_concurrency_is_found_to_the_whole_number() -> None:
    """All answers of a closed loop take Little's law's time: the limit says how many fit."""
    fits = 12
    one_ms = capacity(QUEUE, prompt_tokens=PROMPT, output_tokens=OUTPUT, concurrency=fits).latency_s
    objective = Objective(slo=Slo(e2e=one_ms * 1000 * 1.04), share=0.5)
    within = bounds(1, least=1, most=512, probe_s=60.0)
    found = await find_max(a_queue(objective, duration_s=60.0), concurrencies(), objective, within)
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


@pytest.mark.parametrize("runs", [1, 2, 4])
async def test_what_was_tried_before_an_interruption_is_told(runs: int) -> None:
    probe = a_queue()
    probe.interrupted_after = runs
    found = await searched(probe, 8.0)  # 8 and 16 hold, 32 does not
    assert len(found.probes) == runs
    assert not found.converged
    assert found.note is not None
    assert found.note.startswith(f"interrupted after {runs} runs")
    assert found.interval.low <= KNEE <= found.interval.high
    assert (found.estimate is None) == (runs < 3)
    probe.interrupted_after = 0
    with pytest.raises(Interrupted):
        await searched(probe, 8.0)


@pytest.mark.parametrize("client_limit", [math.inf, 0.0])  # to be refused fast is work too
@pytest.mark.parametrize(("least", "probes"), [(0.1, 3), (30.0, 2)])
async def test_a_server_that_answers_nothing_says_nothing_of_loads(
    client_limit: float, least: float, probes: int
) -> None:
    probe = a_queue(duration_s=1.0, client_limit=client_limit)
    probe.refuses = True
    found = await searched(probe, 40.0, least=least, probe_s=1.0, lengthen=False)
    assert len(found.probes) == probes
    assert found.estimate is None
    assert (found.interval.low, found.interval.high) == (0, math.inf)
    assert str(found.note).startswith("no request was answered: rate_limited ")


async def test_runs_without_a_request_are_not_held_against_the_server() -> None:
    probe = a_queue(duration_s=0.01)
    axis = rates("poisson")
    found = await find_max(probe, axis, OBJECTIVE, bounds(0.5, probe_s=0.01, lengthen=False))
    assert (found.interval.low, found.interval.high) == (0, math.inf)
    assert str(found.note).startswith("no request was due in 0.01 s at 0.5 requests/s")
    assert len(found.probes) == 2


async def test_what_is_missed_by_a_request_alone_is_not_tried_at_lower_loads() -> None:
    objective = Objective.parse("e2e=1ms@p99")
    found = await find_max(a_queue(objective), rates("constant"), objective, bounds(4.0))
    assert found.interval.low == 0
    assert "no lower load will hold it" in str(found.note)
    assert 1 <= len(found.probes) <= 5
