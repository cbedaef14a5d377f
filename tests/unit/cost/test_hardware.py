"""Tokens on a machine of one's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelforge.core.errors import ScenarioError
from modelforge.core.model_id import ModelId
from modelforge.cost.hardware import HardwareCost, MeasuredLoad, break_even, hardware_cost


def load(at: float, rate: float, p99: float, **changes: object) -> MeasuredLoad:
    one = MeasuredLoad(
        load=at,
        valid=True,
        duration_s=60,
        requests=round(rate * 60),
        failed=0,
        requests_per_s=rate,
        tokens_per_s=rate * 100,
        prompt_tokens=round(rate * 60) * 500,
        completion_tokens=round(rate * 60) * 100,
        percentiles={"ttft": {"p99": p99}},
        good_share=None,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # the test's own words


LOADS = [load(1, 1, 50), load(2, 2, 80), load(4, 4, 200), load(8, 5, 900)]


def priced(loads: list[MeasuredLoad], limit_ms: float = 500) -> HardwareCost:
    return hardware_cost(
        loads, usd_per_hour=3.6, unit="concurrent", limits_ms={"ttft": limit_ms}, limits="x"
    )


def test_the_highest_load_that_holds_the_limit_sets_the_price() -> None:
    machine = priced(LOADS)
    assert machine.best is not None
    assert machine.best.at.load == 4
    assert machine.best.usd_per_million == pytest.approx(3.6 / (400 * 3600) * 1e6)
    assert machine.best.usd_per_million in machine.best.interval
    assert machine.best.interval.high / machine.best.usd_per_million == pytest.approx(
        2.718281828 ** (1.959964 / 240**0.5)
    )
    assert [one.holds for one in machine.loads] == [True, True, True, False]
    assert machine.requests_per_day == pytest.approx(4 * 86_400)


def test_a_load_beyond_one_that_failed_the_limit_does_not_count() -> None:
    machine = priced([load(1, 1, 50), load(2, 2, 900), load(4, 4, 200)])
    assert machine.best is not None
    assert machine.best.at.load == 1


def test_failures_and_client_limits_hold_nothing() -> None:
    assert priced([load(1, 1, 50, failed=1)]).best is None
    with pytest.raises(ScenarioError, match="no load"):
        priced([load(1, 1, 50, valid=False)])
    with pytest.raises(ScenarioError, match="does not tell the p95"):
        hardware_cost(LOADS, usd_per_hour=1, unit="x", limits_ms={"ttft": 5}, percentile="p95")
    with pytest.raises(ScenarioError, match="above 0"):
        hardware_cost(LOADS, usd_per_hour=0, unit="x", limits_ms={})


def test_the_traffic_at_which_an_api_is_beaten() -> None:
    machine = priced(LOADS)
    api = ModelId(provider="maker", model="large")
    found = break_even(machine, api, 0.001)
    assert found.requests_per_day == pytest.approx(3.6 * 24 / 0.001)
    assert found.share == pytest.approx(86_400 / (4 * 86_400))
    assert found.beaten
    assert not break_even(machine, api, 0.0001).beaten
    assert break_even(machine, api, None, note="no price").requests_per_day is None
    assert break_even(priced(LOADS, 1), api, 0.001).share is None
