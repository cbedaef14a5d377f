from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from modelforge.compare.result import ComparisonMetrics, ComparisonResult
from modelforge.compare.summary import SummaryBuilder

ANSWER = ComparisonResult(
    model_id="a/b",
    provider="a",
    model="b",
    response="yes",
    metrics=ComparisonMetrics(
        latency=2.0,
        first_token_s=0.5,
        prompt_tokens=10,
        completion_tokens=20,
        cost=Decimal("0.1"),
    ),
)


def test_medians_are_over_the_answered_and_failures_are_counted() -> None:
    builder = SummaryBuilder("a/b")
    for latency in (1.0, 2.0, 9.0):
        builder.add(replace(ANSWER, metrics=replace(ANSWER.metrics, latency=latency)))
    stalled = replace(ANSWER.metrics, latency=120.0, cost=None, cost_note="no usage")
    builder.add(replace(ANSWER, error="late", error_kind="timed_out", metrics=stalled))
    summary = builder.build()
    assert (summary.answered, summary.failed) == (3, 1)
    assert summary.median_latency_s == 2.0
    assert summary.median_first_token_s == 0.5
    assert summary.median_tokens_per_second == 10.0
    assert summary.error_kinds == {"timed_out": 1}
    assert summary.cost == Decimal("0.3")
    assert (summary.unpriced, summary.cost_note) == (1, "no usage")


def test_a_request_that_was_never_sent_is_not_unpriced() -> None:
    builder = SummaryBuilder("a/b")
    builder.add(replace(ANSWER, error="x", error_kind="error", metrics=ComparisonMetrics()))
    assert builder.build().unpriced == 0


def test_nothing_measured_is_none_and_not_zero() -> None:
    summary = SummaryBuilder("a/b").build()
    assert summary.median_latency_s is None
    assert summary.cost is None
