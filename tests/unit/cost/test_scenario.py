"""What a scenario may be."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest

import modelforge
from modelforge.core.errors import ScenarioError
from modelforge.core.token_counts import TokenCounts
from modelforge.core.token_percentiles import TokenPercentiles
from modelforge.cost.request_sample import RequestSample
from modelforge.cost.scenario import CostScenario


def test_the_names_of_old_are_importable_and_positional() -> None:
    scenario = modelforge.CostScenario("chat", 1000, 800, 200)
    assert isinstance(scenario, CostScenario)
    assert (scenario.days, scenario.total_requests) == (30, 30_000)


def test_months_grow_and_the_last_may_be_short() -> None:
    scenario = CostScenario("chat", 10, 1, 1, 75, growth_per_month=0.5, retries=0.1)
    assert scenario.month_days == (30, 30, 15)
    assert scenario.months == pytest.approx((330, 495, 371.25))
    assert list(scenario.month_starts(date(2026, 1, 1)))[2] == date(2026, 3, 2)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"prompts_per_day": 0}, "prompts_per_day is 0"),
        ({"prompts_per_day": -1}, "prompts_per_day must be a number from 0"),
        ({"prompts_per_day": math.nan}, "prompts_per_day must be"),
        ({"avg_prompt_tokens": -5}, "avg_prompt_tokens must be a number from 0"),
        ({"avg_prompt_tokens": 10.5}, "whole tokens"),
        ({"avg_completion_tokens": "many"}, "must be a number"),
        ({"days": 0}, "days must be whole"),
        ({"days": 1.5}, "days must be whole"),
        ({"cache_hit_rate": 1.2}, "cache_hit_rate must be a number from 0 to 1"),
        ({"cache_hit_rate": 0.7, "cache_write_rate": 0.4}, "more than the whole prompt"),
        ({"batch_share": True}, "batch_share must be a number"),
        ({"hours": (1.0,) * 23}, "24 or 168"),
        ({"hours": (0.0,) * 24}, "no request is ever sent"),
        ({"name": " "}, "needs a name"),
    ],
)
def test_a_value_without_a_meaning_is_refused_in_one_line(
    values: dict[str, Any], said: str
) -> None:
    usual: dict[str, Any] = {
        "name": "chat",
        "prompts_per_day": 10,
        "avg_prompt_tokens": 10,
        "avg_completion_tokens": 5,
    }
    with pytest.raises(ScenarioError) as refused:
        CostScenario(**{**usual, **values})
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_measured_requests_keep_their_own_cached_tokens() -> None:
    sample = RequestSample.of([(10, 5)], cached=[4])
    with pytest.raises(ScenarioError, match="replaces what was measured"):
        CostScenario("chat", 10, 10, 5, requests=sample, cache_hit_rate=0.5)
    with pytest.raises(ScenarioError, match="more cached tokens than prompt tokens"):
        RequestSample.of([(10, 5)], cached=[11])


def test_a_digest_is_of_everything_but_the_name() -> None:
    first = CostScenario("a", 10, 10, 5)
    assert first.digest == CostScenario("b", 10, 10, 5).digest
    others = [
        CostScenario("a", 11, 10, 5),
        CostScenario("a", 10, 10, 5, retries=0.01),
        CostScenario("a", 10, 10, 5, hours=(1.0,) * 24),
        CostScenario("a", 10, 10, 5, requests=RequestSample.of([(10, 5)])),
        CostScenario("a", 10, 10, 5, requests=RequestSample.of([(10, 6)])),
    ]
    assert len({first.digest, *(one.digest for one in others)}) == len(others) + 1


def test_quantiles_of_a_law_are_those_of_what_it_draws() -> None:
    for text in ("uniform(100,200)", "normal(400,80)", "lognormal(400,300)", "512"):
        counts = TokenCounts.parse(text)
        drawn = sorted(counts.at(index, seed=1, purpose="x") for index in range(20_000))
        for share in (0.1, 0.5, 0.9, 0.99):
            assert counts.quantile(share) == pytest.approx(drawn[int(share * 20_000)], rel=0.05)


def test_percentiles_are_met_and_joined_evenly_in_logarithms() -> None:
    law = TokenPercentiles.named({"p50": 800, "p90": 3200, "p99_9": 12_000})
    assert law.quantile(0.5) == 800
    assert law.quantile(0.7) == 1600
    assert law.quantile(0.01) == 800
    assert law.quantile(0.9999) == 12_000
    with pytest.raises(modelforge.core.errors.UsageError, match="must not fall"):
        TokenPercentiles.named({"p50": 800, "p90": 100})
    with pytest.raises(modelforge.core.errors.UsageError, match="no percentile"):
        TokenPercentiles.named({"median": 800, "p90": 1000})


def test_more_traffic_narrows_an_interval_as_far_as_the_log_allows() -> None:
    law = CostScenario("law", 100, 1, 1, 10)
    assert law.interval_at(4) == pytest.approx(0.5)
    log = CostScenario("log", 100, 1, 1, 10, requests=RequestSample.of([(5, 5)] * 20))
    assert log.interval_at(1e6) == pytest.approx((1000 / 1020) ** 0.5)
