"""A benchmark's result as the document that its JSON export holds."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from modelforge.benchmark.distribution import PERCENTILES, Distribution
from modelforge.benchmark.result import BenchmarkResult, ItlDefinitions, TokenTotals
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.verdict import Reason, Verdict
from modelforge.export.statistics_record import statistics_record
from modelforge.stats.quantiles import METHOD

SCHEMA: Final = "modelforge.benchmark/1"

LATENCIES: Final = (
    "ttft_ms",
    "itl_ms",
    "tpot_ms",
    "e2e_ms",
    "e2e_from_due_ms",
    "ttft_from_due_ms",
    "schedule_lag_ms",
)
"""The distributions of milliseconds, in the order of every export."""

STATISTICS: Final = ("count", "mean", "min", *PERCENTILES, "max")
"""What is said of each."""

_DIGITS: Final = 6  # a millisecond to the nanosecond


def to_document(result: BenchmarkResult) -> dict[str, Any]:
    """Strings, ints, booleans, finite floats, None, lists and objects of them.

    Milliseconds are rounded to the nanosecond, rates and shares to six digits. Dollars are a
    decimal string, exact. Text is as it came: each writer makes it safe for its own format.
    """
    return {
        "schema": SCHEMA,
        "model": result.plan.model,
        "verdict": _verdict(result.verdict),
        "requests": {
            "total": result.total_requests,
            "successful": result.successful_requests,
            "failed": result.failed_requests,
            "warmup": result.warmup_requests,
            "cooldown": result.cooldown_requests,
            "broken_off": result.broken_off_requests,
            "unsent": result.unsent_requests,
        },
        "duration_s": _rounded(result.total_duration),
        "requests_per_s": _rounded(result.requests_per_s),
        "output_tokens_per_s": _rounded(result.tokens_per_second),
        "goodput_per_s": _rounded(result.goodput_per_s),
        "slo": _slo(result.slo, result.good_requests),
        **{name: distribution(getattr(result, name)) for name in LATENCIES},
        "stream_output_tokens_per_s": distribution(result.stream_output_tokens_per_s),
        "itl_definitions": _itl_definitions(result.itl_definitions),
        "statistics": statistics_record(result.statistics),
        "percentile_method": METHOD,
        "errors": dict(result.errors),
        "tokens": _tokens(result.tokens),
        "cost_usd": decimal(result.total_cost),
        "cost_note": result.cost_note,
        "unpriced": result.unpriced,
        "client": {
            "cpu_s": _rounded(result.client.cpu_s),
            "peak_rss_bytes": result.client.peak_rss_bytes,
            "workers": result.client.workers,
            "cpu_share": _rounded(result.client.cpu_share),
            "run_delay_share": _rounded(result.client.run_delay_share),
            "loop_lag_p99_ms": _rounded(result.client.loop_lag_p99_ms),
            "loop_lag_max_ms": _rounded(result.client.loop_lag_max_ms),
        },
        "recording": {
            "complete": result.loss is None and not result.missing_requests,
            "loss": result.loss,
            "missing_requests": result.missing_requests,
        },
        "server": None if result.server is None else dict(result.server),
        "plan": {
            **result.plan.asked,
            "open_loop": result.plan.open_loop,
            "workers": result.plan.workers,
        },
        "runs": [to_document(run) for run in result.runs],
    }


def distribution(values: Distribution) -> dict[str, float | None]:
    """The statistics of a distribution, rounded, under `STATISTICS`."""
    return {name: _rounded(getattr(values, name)) for name in STATISTICS}


def decimal(value: Decimal | None) -> str | None:
    """An exact decimal without an exponent or idle zeros."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": verdict.status.value,
        "reasons": [_reason(reason) for reason in verdict.reasons],
        "notes": [_reason(note) for note in verdict.notes],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "status": reason.status.value,
        "message": reason.message,
        "measured": _rounded(reason.measured),
        "limit": _rounded(reason.limit),
    }


def _slo(slo: Slo | None, good: int | None) -> dict[str, Any] | None:
    if slo is None:
        return None
    return {"limits_ms": dict(slo.limits_ms()), "good_requests": good}


def _itl_definitions(definitions: ItlDefinitions) -> dict[str, Any]:
    return {
        field.name: None if value is None else distribution(value)
        for field in fields(definitions)
        for value in (getattr(definitions, field.name),)
    }


def _tokens(tokens: TokenTotals) -> dict[str, int | None]:
    return {
        "prompt": tokens.prompt,
        "completion": tokens.completion,
        "cached": tokens.cached,
        "reasoning": tokens.reasoning,
        "counted_by_server": tokens.from_server,
        "counted_by_events": tokens.from_events,
    }


def _rounded(value: float | None) -> float | None:
    if value is None or not isfinite(value):
        return None
    return value if isinstance(value, int) else round(value, _DIGITS)
