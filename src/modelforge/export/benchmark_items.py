"""What is said of a benchmark: the same labels in the terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modelforge.benchmark.distribution import Distribution
from modelforge.benchmark.result import BenchmarkResult
from modelforge.export.measure import count, dollars, duration, milliseconds, speed
from modelforge.export.measurements import Measurement

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
        goodput = f"{speed(result.goodput_per_s)} requests/s"
        yield Measurement(
            label="goodput", parts=(goodput, f"{count(result.good_requests or 0)} met {limits}")
        )
    stream = result.stream_tokens_per_s
    if stream.p50 is not None:
        yield Measurement(label="a stream", parts=(f"{speed(stream.p50)} tokens/s (p50)",))
    tokens = tuple(_tokens(result))
    if tokens:
        yield Measurement(label="tokens", parts=tokens)
    yield _price(result)
    yield Measurement(label="client", parts=tuple(_client(result)))
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
    if result.missing_requests:
        yield f"{count(result.missing_requests)} missing"


def _throughput(result: BenchmarkResult) -> Iterator[str]:
    yield f"{speed(result.requests_per_s or 0)} requests/s"
    if result.tokens_per_second is not None:
        yield f"{speed(result.tokens_per_second)} output tokens/s"


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
    if result.total_cost is None:
        return Measurement(label="price", parts=("unknown",), note=result.cost_note or "")
    cost = dollars(result.total_cost)
    parts = (cost, f"{count(result.unpriced)} unpriced") if result.unpriced else (cost,)
    return Measurement(label="price", parts=parts)


def _client(result: BenchmarkResult) -> Iterator[str]:
    client = result.client
    yield f"{client.workers} worker{'s' * (client.workers > 1)}"
    yield f"{client.cpu_s:,.1f} s CPU"
    yield f"{client.peak_rss_bytes / 2**20:,.0f} MiB"
    if client.loop_lag_p99_ms is not None:
        yield f"loop {milliseconds(client.loop_lag_p99_ms)} ms late (p99)"
