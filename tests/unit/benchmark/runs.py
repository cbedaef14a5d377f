"""Recordings of runs that nobody ran: every column is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.record import PLAN_KEY, RECORD
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.telemetry import Telemetry
from modelforge.stats.histogram import LogHistogram

MS = 1_000_000
SECOND = 1_000_000_000
PLAN = Plan(model="openai/gpt-4o-mini", asked={"concurrency": 2})


def a_request(index: int = 0, **changes: Any) -> dict[str, Any]:
    """Due at ``index`` seconds, sent 1 ms later, 5 tokens from 100 ms on, 10 ms apart."""
    due = index * SECOND
    row = {
        "index": index,
        "worker": 0,
        "phase": int(Phase.MEASURED),
        "due_ns": due,
        "sent_ns": due + MS,
        "first_ns": due + 101 * MS,
        "last_ns": due + 141 * MS,
        "done_ns": due + 142 * MS,
        "prompt_tokens": 20,
        "completion_tokens": 5,
        "cached_tokens": 4,
        "reasoning_tokens": 0,
        "counted_tokens": 5,
        "counted_reasoning_tokens": 0,
        "max_gap_ns": 10 * MS,
        "bytes": 1000,
        "reused": True,
        "error": None,
        "status": 200,
    }
    return row | changes


def a_failure(index: int = 0, error: str = "timed_out", **changes: Any) -> dict[str, Any]:
    """Failed after 30 s with nothing received."""
    due = index * SECOND
    nothing = dict.fromkeys(
        (
            "first_ns",
            "last_ns",
            "prompt_tokens",
            "completion_tokens",
            "cached_tokens",
            "reasoning_tokens",
            "max_gap_ns",
        )
    )
    failed = {"done_ns": due + 30 * SECOND, "counted_tokens": 0, "error": error, "status": 0}
    return a_request(index, **nothing, **failed) | changes


def a_batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=RECORD)


def a_table(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_batches([a_batch(rows)] if rows else [], schema=RECORD)


def a_recording(
    columns: pa.Table,
    telemetry: Sequence[Telemetry] = (),
    *,
    gaps: LogHistogram | None = None,
    plan: Plan = PLAN,
    **changes: Any,
) -> Recording:
    """What a run left behind: without ``gaps``, answers of one token."""
    gaps = LogHistogram() if gaps is None else gaps
    return Recording(plan=plan, columns=columns, telemetry=tuple(telemetry), gaps=gaps, **changes)


def schema_of(plan: Plan = PLAN) -> pa.Schema:
    return RECORD.with_metadata({PLAN_KEY: plan.to_json()})


def a_word(worker: int = 0, at_s: float = 1.0, **changes: Any) -> Telemetry:
    """A worker's telemetry at ease; the last one of a run unless changed."""
    values: dict[str, Any] = {
        "worker": worker,
        "at_ns": round(at_s * SECOND),
        "cpu_s": 0.3 + 0.2 * at_s,
        "peak_rss_bytes": 50_000_000,
        "loop_lag_ms": LogHistogram.of([0.0] * 40 + [1.0] * 9 + [3.0]),
        "in_flight": 0,
        "run_delay_s": 0.01 * at_s,
        "final": True,
    }
    return Telemetry(**(values | changes))


def a_large_table(count: int, *, seed: int = 1, batch: int = 10_000) -> pa.Table:
    """So many answered requests, 1,000 a second, 128 tokens each, in batches."""
    random = np.random.default_rng(seed)
    batches = []
    for start in range(0, count, batch):
        n = min(batch, count - start)
        due = (np.arange(start, start + n) * MS).astype(np.int64)
        sent = due + random.integers(0, MS, n)
        first = sent + (random.lognormal(4.6, 0.3, n) * MS).astype(np.int64)
        last = first + random.integers(1_200 * MS, 1_400 * MS, n)
        tokens = np.full(n, 128, np.int32)
        values: dict[str, Any] = {
            "index": np.arange(start, start + n),
            "worker": np.zeros(n, np.uint8),
            "phase": np.full(n, int(Phase.MEASURED), np.uint8),
            "due_ns": due,
            "sent_ns": sent,
            "first_ns": first,
            "last_ns": last,
            "done_ns": last + MS,
            "prompt_tokens": tokens,
            "completion_tokens": tokens,
            "cached_tokens": np.zeros(n, np.int32),
            "reasoning_tokens": np.zeros(n, np.int32),
            "counted_tokens": tokens,
            "counted_reasoning_tokens": np.zeros(n, np.int32),
            "max_gap_ns": random.integers(10 * MS, 30 * MS, n),
            "bytes": np.full(n, 30_000, np.int32),
            "reused": np.ones(n, np.bool_),
            "error": pa.DictionaryArray.from_arrays(
                pa.array([None] * n, pa.int32()), pa.array([], pa.string())
            ),
            "status": np.full(n, 200, np.int16),
        }
        batches.append(pa.RecordBatch.from_pydict(values, schema=RECORD))
    return pa.Table.from_batches(batches, schema=RECORD)


def gaps_of(*gaps_ms: float) -> LogHistogram:
    return LogHistogram.of(np.array(gaps_ms) * MS)
