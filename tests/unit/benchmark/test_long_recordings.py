"""The report of a long recording, which is made by pieces, is that of its whole columns."""

from __future__ import annotations

import tracemalloc
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from modelforge.benchmark import measures, rows, sent_order
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.plan import Plan
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.without_warm_up import without_warm_up
from tests.unit.benchmark.runs import MS, PLAN, a_large_table, a_word, gaps_of

COUNT = 150_000
GAPS = gaps_of(*[10.0] * 100)
EXACT = {"p_value": 1e-6}
"""All else is equal to rounding; a test's probability is of ranks, which rounding can swap."""


def a_mixed_table() -> pa.Table:
    """Warm-up, failures, answers without usage or of one token, a slow beginning, stragglers."""
    table = a_large_table(COUNT, batch=7_001)
    random = np.random.default_rng(2)
    names = [name for name in table.column_names if name != "error"]
    columns = {name: table[name].to_numpy().copy() for name in names}
    early = np.arange(COUNT) < 4_000
    for name in ("first_ns", "last_ns", "done_ns"):
        columns[name] = columns[name] + np.where(early, 300 * MS, 0)
    columns["phase"][:50] = Phase.WARM_UP
    columns["phase"][-50:] = Phase.COOL_DOWN
    columns["counted_tokens"] = random.integers(0, 200, COUNT).astype(np.int32)
    failed = random.random(COUNT) < 0.03
    silent = random.random(COUNT) < 0.1
    columns["status"] = np.where(failed & silent, 0, 200)
    straggling = random.permutation(COUNT)[:500]
    order = np.arange(COUNT, dtype=np.float64)
    order[straggling] += 60_000
    rows = np.argsort(order, kind="stable")
    made = []
    for field in RECORD:
        if field.name == "error":
            kinds = np.where(failed, np.where(silent, "connection_failed", "interrupted"), "")
            words = [kind or None for kind in kinds[rows].tolist()]
            made.append(pa.array(words, pa.string()).dictionary_encode())
            continue
        null = failed if field.name in {"first_ns", "last_ns", "max_gap_ns"} else None
        null = failed | silent if field.name == "completion_tokens" else null
        mask = None if null is None else null[rows]
        made.append(pa.array(columns[field.name][rows], field.type, mask=mask))
    whole = pa.Table.from_arrays(made, schema=RECORD)
    return pa.concat_tables([whole[:333], whole[333:90_000], whole[90_000:]])


def report(
    table: pa.Table, *, plan: Plan = PLAN, exclude_warm_up: bool = False, **options: Any
) -> BenchmarkResult:
    recording = Recording(plan=plan, columns=table, telemetry=(a_word(),), gaps=GAPS)
    if exclude_warm_up:
        recording = without_warm_up(recording)
    return summarise(recording, **options)


def differences(first: Any, second: Any, name: str = "") -> list[str]:
    """The names of the values in which two results differ by more than rounding."""
    if is_dataclass(first):
        names = [field.name for field in fields(first)]
        first, second = ({key: getattr(one, key) for key in names} for one in (first, second))
    if isinstance(first, dict):
        assert first.keys() == second.keys()
        return [
            found
            for key in first
            for found in differences(first[key], second[key], f"{name}.{key}")
        ]
    if isinstance(first, np.ndarray):
        return [] if np.array_equal(first, second) else [name]
    if isinstance(first, float) and isinstance(second, float):
        exact = EXACT.get(name.rpartition(".")[2], 1e-9)
        return [] if first == pytest.approx(second, rel=exact, abs=1e-12) else [name]
    return [] if first == second else [name]


@pytest.mark.parametrize("exclude_warm_up", [False, True])
def test_it_is_the_report_of_whole_columns(
    exclude_warm_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = a_mixed_table()
    slo = Slo.parse("ttft=120ms,itl=50ms")
    plan = Plan(model="a/b", asked={}, open_loop=True)
    by_pieces = report(table, slo=slo, plan=plan, exclude_warm_up=exclude_warm_up)
    monkeypatch.setattr(measures, "HELD", COUNT)
    held = report(table, slo=slo, plan=plan, exclude_warm_up=exclude_warm_up)
    assert held.statistics is not None
    assert held.growth is not None
    assert held.failed_requests > 100
    assert bool(held.statistics.warm_up_excluded) == exclude_warm_up
    assert differences(by_pieces, held) == []


def test_more_requests_take_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "HELD", 50_000)
    monkeypatch.setattr(rows, "_PIECE", 1 << 14)
    monkeypatch.setattr(sent_order, "_WINDOW", 1 << 13)
    report(a_large_table(60_000))  # what is loaded at the first one is in no difference
    peaks = []
    for count in (150_000, 450_000):
        table = a_large_table(count)
        tracemalloc.start()
        report(table)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    column = 8 * (450_000 - 150_000)
    assert peaks[1] - peaks[0] < column / 2
