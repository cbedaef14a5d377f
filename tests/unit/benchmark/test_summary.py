"""The figures of a run, against answers worked out by hand and against numpy."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.pricing.tariff import Rates, RateTier, Tariff
from tests.unit.benchmark.runs import (
    MS,
    SECOND,
    a_failure,
    a_large_table,
    a_recording,
    a_request,
    a_table,
    a_word,
    gaps_of,
)

RATES = Tariff(rates=Rates(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.5")))


def summary(*rows: dict[str, object], slo: str | None = None, **options: object) -> BenchmarkResult:
    return summarise(
        a_recording(a_table(*rows), [a_word()], gaps=gaps_of(10, 10, 10, 10)),
        slo=Slo.parse(slo) if slo else None,
        **options,  # type: ignore[arg-type]  # passed on as it is
    )


def test_one_request() -> None:
    result = summary(a_request(), prices=RATES)
    assert (result.total_requests, result.successful_requests, result.success_rate) == (1, 1, 1.0)
    assert result.ttft_ms.p50 == 100
    assert result.ttft_from_due_ms.mean == 101
    assert result.e2e_ms.p99_9 == 141
    assert result.e2e_from_due_ms.max == 142
    assert result.tpot_ms.p50 == 10
    assert result.itl_ms.p50 == 10
    assert result.schedule_lag_ms.p50 == 1
    assert result.total_duration == 0.142
    assert result.requests_per_s == pytest.approx(1 / 0.142)
    assert result.tokens_per_second == pytest.approx(5 / 0.142)
    assert result.stream_output_tokens_per_s.p50 == pytest.approx(5 / 0.140)
    assert list(result.latencies) == [0.141]
    assert result.percentile(99) == 0.141
    assert result.total_cost == Decimal("0.000028")  # 16 at 1, 4 at 0.5 and 5 at 2 a million
    assert result.cost_note is None


def test_nothing_was_measured() -> None:
    for result in (summarise(a_recording(a_table())), summary()):
        assert (result.total_requests, result.success_rate, result.percentile(50)) == (
            0,
            None,
            None,
        )
        assert (result.requests_per_s, result.tokens_per_second) == (None, None)
        assert result.ttft_ms == Distribution()
        assert result.total_cost is None
        assert result.verdict.status == "INVALID"
    assert list(result.latencies) == []


def test_failures_are_counted_and_in_no_latency() -> None:
    slow = a_failure(1, "stream_cut", first_ns=3 * SECOND, last_ns=4 * SECOND, status=200)
    result = summary(a_request(), slow, a_failure(2), a_failure(3), slo="e2e=60s")
    assert (result.total_requests, result.failed_requests) == (4, 3)
    assert result.errors == {"timed_out": 2, "stream_cut": 1}
    assert (result.ttft_ms.count, result.e2e_ms.count, result.tpot_ms.count) == (1, 1, 1)
    assert result.e2e_ms.max == 141
    assert result.good_requests == 1
    assert result.schedule_lag_ms.count == 2  # of those that reached the server
    assert len(result.latencies) == 1


def test_all_failed() -> None:
    result = summary(a_failure(), a_failure(1), slo="ttft=1s")
    assert (result.success_rate, result.goodput_per_s, result.requests_per_s) == (0, 0, 0)
    assert result.e2e_ms.count == 0
    assert [reason.code for reason in result.verdict.reasons] == ["all_failed"]


def test_warm_up_and_cool_down_are_told_apart_and_cost() -> None:
    result = summary(
        a_request(0, phase=int(Phase.WARM_UP)),
        a_request(1),
        a_request(2, phase=int(Phase.COOL_DOWN)),
        a_failure(3, error="interrupted", phase=int(Phase.COOL_DOWN)),
        prices=RATES,
    )
    assert (result.warmup_requests, result.total_requests, result.cooldown_requests) == (1, 2, 1)
    assert (result.broken_off_requests, result.failed_requests, result.errors) == (1, 0, {})
    assert result.ttft_ms.count == 2
    assert result.requests_per_s is not None
    assert result.requests_per_s * result.total_duration == pytest.approx(1)
    assert result.tokens_per_second == pytest.approx(5 * result.requests_per_s)
    assert result.total_cost == 3 * Decimal("0.000028")
    assert result.cost_note == "not in it: 1 failed or broken off, perhaps billed"


def test_what_failed_may_have_cost_something_where_an_answer_was_begun() -> None:
    cut, late = a_failure(1, "stream_cut", status=200), a_failure(2, "timed_out")
    refused, gone = a_failure(3, "rate_limited", status=429), a_failure(4, "connection_failed")
    assert summary(a_request(), refused, gone, prices=RATES).cost_note is None
    silent = a_request(5, prompt_tokens=None)
    note = summary(a_request(), cut, late, refused, gone, silent, prices=RATES).cost_note
    assert note == (
        "not in it, for want of usage: 1; not in it: 2 failed or broken off, perhaps billed"
    )


def test_a_threshold_for_long_prompts_is_reached_by_single_requests_only() -> None:
    dear = RateTier(above_tokens=30, rates=Rates(input=Decimal(10), output=Decimal(10)))
    tiered = Tariff(rates=Rates(input=Decimal(1), output=Decimal(1)), tiers=(dear,))
    short, long = a_request(0, cached_tokens=0), a_request(1, prompt_tokens=31, cached_tokens=0)
    assert summary(short, short, prices=tiered).total_cost == 2 * Decimal("0.000025")
    both = summary(short, long, prices=tiered)
    assert both.total_cost == Decimal("0.000025") + Decimal("0.00036")


def test_tokens_are_the_servers_and_counted_where_it_says_nothing() -> None:
    silent = dict.fromkeys(("prompt_tokens", "completion_tokens", "cached_tokens"))
    result = summary(a_request(0, completion_tokens=9), a_request(1, **silent), prices=RATES)
    assert (result.tokens.completion, result.tokens.prompt) == (9 + 5, 20)
    assert (result.tokens.from_server, result.tokens.from_events) == (1, 1)
    assert (result.tpot_ms.min, result.tpot_ms.max) == (5, 10)  # 40 ms over 8, and over 4
    assert result.unpriced == 1
    assert result.cost_note == "not in it, for want of usage: 1"


def test_reasoning_is_the_servers_and_counted_where_it_says_nothing() -> None:
    thinking = a_request(0, reasoning_tokens=None, counted_reasoning_tokens=3)
    assert summary(thinking).tokens.reasoning == 3
    said = a_request(1, reasoning_tokens=2, counted_reasoning_tokens=4)
    assert summary(thinking, said).tokens.reasoning == 3 + 2
    silent = a_request(2, reasoning_tokens=None)
    assert summary(silent).tokens.reasoning is None  # it may have been kept from us
    assert summary(silent, said).tokens.reasoning == 2


def test_usage_that_contradicts_itself_is_not_priced() -> None:
    result = summary(a_request(cached_tokens=21), prices=RATES)
    assert (result.total_cost, result.unpriced) == (None, 1)


def test_a_stream_without_tokens_has_no_first_one_and_one_token_no_gap() -> None:
    none = {"first_ns": None, "last_ns": None, "completion_tokens": 0, "counted_tokens": 0}
    one = {"last_ns": SECOND + 101 * MS, "completion_tokens": 1, "counted_tokens": 1}
    rows = (a_request(0, **none, max_gap_ns=None), a_request(1, **one, max_gap_ns=None))
    result = summary(*rows, slo="ttft=1s,tpot=1ms,itl=1ms,max_itl=1ms")
    assert result.ttft_ms.count == 1
    assert result.tpot_ms.count == 0
    assert result.e2e_ms.count == 2
    assert result.good_requests == 1


@pytest.mark.parametrize(
    ("slo", "good"),
    [
        ("ttft=100ms", 1),
        ("ttft=99ms", 0),
        ("itl=10ms,e2e=141ms,tpot=10ms,max_itl=10ms", 1),
        ("max_itl=9ms", 0),
        ("ttft_from_due=101ms,e2e_from_due=142ms", 1),
        ("e2e_from_due=141ms", 0),
    ],
)
def test_goodput_counts_what_meets_every_limit(slo: str, good: int) -> None:
    result = summary(a_request(), slo=slo)
    assert result.good_requests == good
    assert result.goodput_per_s == pytest.approx(good / 0.142)


def test_there_is_no_goodput_without_an_objective() -> None:
    assert summary(a_request()).goodput_per_s is None


def test_the_measurement_lasts_as_long_as_the_workers_say() -> None:
    words = [
        a_word(0, window_ns=(0, 9 * SECOND), final=False),
        a_word(0, window_ns=(SECOND, 10 * SECOND)),
    ]
    result = summarise(a_recording(a_table(a_request()), words))
    assert result.total_duration == 10


def test_what_a_lost_worker_had_under_way_is_missing() -> None:
    lost = a_word(final=False, in_flight=7)
    result = summarise(a_recording(a_table(a_request(0)), [lost]))
    assert result.missing_requests == 7
    message = result.verdict.reasons[0].message
    assert "under way, or came after the last word, is not in the recording" in message
    assert "under way at the last word: 7" in message


def test_the_other_tools_definitions_stand_beside_ours() -> None:
    fast = a_request(0, completion_tokens=41)  # 40 ms over 40 gaps
    result = summary(fast, a_request(1)).itl_definitions
    assert result.guidellm.count == 44
    assert result.guidellm.mean == pytest.approx(80 / 44)
    assert (result.guidellm.p50, result.guidellm.p99) == (1, 10)
    assert result.guidellm_tpot.max == pytest.approx(140 / 5)
    assert result.vllm == result.event_gaps


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1, max_size=60))
def test_a_distribution_is_ordered_and_numpys(values: list[float]) -> None:
    found = Distribution.of(np.array(values))
    ladder = [found.min, found.p50, found.p90, found.p95, found.p99, found.p99_9, found.max]
    assert all(value is not None for value in ladder)
    assert ladder == sorted(ladder, key=lambda value: value or 0)
    assert found.p95 == pytest.approx(float(np.percentile(values, 95)), rel=1e-9, abs=1e-6)
    assert found.mean == pytest.approx(math.fsum(values) / len(values), rel=1e-9)


def test_many_requests_agree_with_numpy() -> None:
    columns = a_large_table(20_000)
    result = summarise(a_recording(columns, [a_word()]))
    e2e = (columns["done_ns"].to_numpy() - columns["sent_ns"].to_numpy()) / MS
    for name, q in (("p50", 50), ("p99", 99), ("p99_9", 99.9)):
        assert getattr(result.e2e_ms, name) == pytest.approx(float(np.percentile(e2e, q)))
    assert result.e2e_ms.mean == pytest.approx(float(e2e.mean()))
    assert result.percentile(99.9) == pytest.approx((result.e2e_ms.p99_9 or 0) / 1000)


@pytest.mark.parametrize("p", [-1, 101, math.nan])
def test_a_percentile_lies_between_0_and_100(p: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        summary(a_request()).percentile(p)
