"""What is said of a benchmark: the same labels in the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final

from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.run_statistics import STREAM, RunStatistics
from modelforge.export.measure import count, dollars, duration, milliseconds, speed
from modelforge.export.measurements import Measurement
from modelforge.stats.estimate import Estimate

COLUMNS: Final = ("mean", "p50", "p90", "p95", "p99", "p99.9", "max")
"""The statistics of `latency_rows`, in order."""

_ROWS: Final = {
    "TTFT": "ttft_ms",
    "TTFT from due": "ttft_from_due_ms",
    "ITL": "itl_ms",
    "TPOT": "tpot_ms",
    "end to end": "e2e_ms",
    "end to end from due": "e2e_from_due_ms",
    "schedule lag": "schedule_lag_ms",
}
_FROM_DUE: Final = {"TTFT from due", "end to end from due", "schedule lag"}


def interval_rows(result: BenchmarkResult, *, unknown: str) -> dict[str, tuple[list[str], ...]]:
    """The lower and the upper ends of each row of `latency_rows`, as far as they are known."""
    found = result.statistics
    rows: dict[str, tuple[list[str], ...]] = {}
    if found is None:
        return rows
    for label, name in _ROWS.items():
        estimates = found.measures[name].estimates if name in found.measures else {}
        if estimates and (result.plan.open_loop or label not in _FROM_DUE):
            rows[label] = tuple(
                [
                    _end(estimates.get(column.replace(".", "_")), end, unknown)
                    for column in COLUMNS[:-1]
                ]
                for end in ("low", "high")
            )
    return rows


def _end(estimate: Estimate | None, end: str, unknown: str) -> str:
    value = None if estimate is None else getattr(estimate.interval, end)
    return unknown if value is None or not isfinite(value) else milliseconds(max(value, 0.0))


def latency_rows(result: BenchmarkResult, *, unknown: str) -> dict[str, dict[str, str]]:
    """Milliseconds by measure and statistic; those from due only where requests had a schedule."""
    return {
        label: _cells(getattr(result, name), unknown)
        for label, name in _ROWS.items()
        if result.plan.open_loop or label not in _FROM_DUE
    }


def benchmark_items(result: BenchmarkResult) -> Iterator[Measurement]:
    """Everything else, a label a line; foreign words are notes, not clean yet."""
    yield Measurement(label="requests", parts=tuple(_requests(result)))
    if result.total_duration:
        yield Measurement(label="measured", parts=(duration(result.total_duration),))
    if result.requests_per_s is not None:
        yield Measurement(label="throughput", parts=tuple(_throughput(result)))
    if result.goodput_per_s is not None and result.slo is not None:
        limits = ", ".join(f"{name} {speed(ms)} ms" for name, ms in result.slo.limits_ms())
        goodput = f"{speed(result.goodput_per_s)} requests/s{between(result, 'goodput_per_s')}"
        yield Measurement(
            label="goodput", parts=(goodput, f"{count(result.good_requests or 0)} met {limits}")
        )
    yield from _sure(result)
    stream = result.stream_output_tokens_per_s
    if stream.p50 is not None:
        ends = _ends(_stream(result.statistics))
        yield Measurement(label="a stream", parts=(f"{speed(stream.p50)} tokens/s{ends} (p50)",))
    guidellm = result.itl_definitions.guidellm
    if guidellm.p99 is not None:
        theirs = f"GuideLLM's p99 {milliseconds(guidellm.p99)} ms"
        yield Measurement(label="ITL is", parts=("every gap of token events, as vLLM's", theirs))
    tokens = tuple(_tokens(result))
    if tokens:
        yield Measurement(label="tokens", parts=tokens)
    yield _price(result)
    yield Measurement(label="client", parts=tuple(_client(result)))
    server = tuple(_server(result.server or {}))
    if server:
        yield Measurement(label="server", parts=server)
    if result.loss is not None:
        yield Measurement(label="recording", note=result.loss)


def error_counts(result: BenchmarkResult, *, most: int = 5) -> str:
    """``timed_out 12, rate_limited 3 and 2 other kinds``; nothing if nothing failed."""
    ranked = list(result.errors.items())
    named = ", ".join(f"{kind} {count(number)}" for kind, number in ranked[:most])
    others = len(ranked) - most
    return f"{named} and {others} other kind{'s' * (others > 1)}" if others > 0 else named


def _cells(values: Distribution, unknown: str) -> dict[str, str]:
    return {
        column: unknown if value is None else milliseconds(value)
        for column in COLUMNS
        for value in (getattr(values, column.replace(".", "_")),)
    }


def _requests(result: BenchmarkResult) -> Iterator[str]:
    yield count(result.total_requests)
    if result.failed_requests:
        yield f"{count(result.failed_requests)} failed"
    if result.warmup_requests:
        yield f"{count(result.warmup_requests)} warm-up before"
    if result.cooldown_requests:
        yield f"{count(result.cooldown_requests)} of them done after the end"
    if result.broken_off_requests:
        yield f"{count(result.broken_off_requests)} broken off at the end"
    if result.unsent_requests:
        yield f"{count(result.unsent_requests)} due and never sent"
    if result.missing_requests:
        yield f"{count(result.missing_requests)} missing"


def _throughput(result: BenchmarkResult) -> Iterator[str]:
    ends = between(result, "requests_per_s")
    yield f"{speed(result.requests_per_s or 0)} requests/s{ends}"
    if result.tokens_per_second is not None:
        ends = between(result, "output_tokens_per_s")
        yield f"{speed(result.tokens_per_second)} output tokens/s{ends}"


def between(result: BenchmarkResult, rate: str) -> str:
    """`` (798 to 826)``: the interval of a rate, or nothing."""
    return _ends(None if result.statistics is None else result.statistics.rates.get(rate))


def _stream(found: RunStatistics | None) -> Estimate | None:
    figures = None if found is None else found.measures.get(STREAM)
    return None if figures is None else figures.estimates.get("p50")


def _ends(estimate: Estimate | None) -> str:
    if estimate is None or not isfinite(estimate.interval.high):
        return ""
    return f" ({speed(max(estimate.interval.low, 0.0))} to {speed(estimate.interval.high)})"


def _sure(result: BenchmarkResult) -> Iterator[Measurement]:
    """What the intervals are, and what speaks of the run's steadiness."""
    found = result.statistics
    if found is None:
        return
    level = f"{100 * found.level:.4g} %"
    if found.runs > 1:
        yield Measurement(label="intervals", parts=(f"{level}, between {found.runs} runs",))
    else:
        order = found.measures["e2e_ms"].order if "e2e_ms" in found.measures else None
        how = "neighbours hardly correlate"
        if order is not None and order.present:
            how = f"neighbours correlate by {order.first_lag:.2f}: by batches of requests"
            if order.short:
                how += "; too narrow, since the run is short for it: measure longer"
        yield Measurement(label="intervals", parts=(level, how))
    if result.failed_requests:
        share = found.success_share
        ends = f"{100 * share.interval.low:.3g} to {100 * share.interval.high:.3g}"
        yield Measurement(label="answered", parts=(f"{100 * share.point:.3g} % ({ends})",))
    beyond = tuple(_outliers(found))
    if beyond:
        yield Measurement(label="outliers", parts=beyond)


def _outliers(found: RunStatistics) -> Iterator[str]:
    for name, label in (("ttft_ms", "TTFT"), ("e2e_ms", "end to end")):
        each = found.steadiness.get(name)
        if each is not None and each.outliers.count:
            seen = each.outliers
            severe = seen.low_severe + seen.high_severe
            yield f"{label} {count(seen.count)}" + (f" ({count(severe)} severe)" if severe else "")


def _tokens(result: BenchmarkResult) -> Iterator[str]:
    tokens = result.tokens
    for number, name, part, part_name in (
        (tokens.prompt, "in", tokens.cached, "cached"),
        (tokens.completion, "out", tokens.reasoning, "reasoning"),
    ):
        if number is not None:
            whole = f"{count(number)} {name}"
            yield f"{whole} ({count(part)} {part_name})" if part else whole
    if tokens.from_events:
        yield f"{count(tokens.from_events)} answers counted by their events"


def _price(result: BenchmarkResult) -> Measurement:
    cost = "unknown" if result.total_cost is None else dollars(result.total_cost)
    return Measurement(label="price", parts=(cost,), note=result.cost_note or "")


def _server(figures: Mapping[str, Any]) -> Iterator[str]:
    """What `modelforge.benchmark.server_metrics.server_figures` gave; means are exact."""
    for name, label in (("ttft_ms", "TTFT"), ("queue_ms", "queue")):
        if name in figures:
            yield f"{label} {milliseconds(figures[name]['mean'])} ms (mean)"
    if "network_and_queue_ms" in figures:
        yield f"before it {milliseconds(figures['network_and_queue_ms'])} ms"
    for name in ("running", "waiting"):
        if name in figures:
            mean, most = figures[name]["mean"], figures[name]["max"]
            yield f"{name} {speed(mean)} (at most {count(int(most))})"
    if "cache_hit_share" in figures:
        yield f"{figures['cache_hit_share']:.1%} of the prompts cached"


def _client(result: BenchmarkResult) -> Iterator[str]:
    client = result.client
    yield f"{client.workers} worker{'s' * (client.workers > 1)}"
    yield f"{client.cpu_s:,.1f} s CPU"
    yield f"{client.peak_rss_bytes / 2**20:,.0f} MiB"
    if client.loop_lag_p99_ms is not None:
        yield f"loop {milliseconds(client.loop_lag_p99_ms)} ms late (p99)"
