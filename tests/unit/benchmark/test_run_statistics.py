"""How sure a run's figures are, on runs whose truth is known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from modelforge.benchmark.gap_slots import GapSlot, GapSlots, all_gaps
from modelforge.benchmark.record import RECORD
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.run_statistics import SERIES, STREAM, RunStatistics
from modelforge.benchmark.slo import Slo
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.whole import whole
from modelforge.benchmark.without_warm_up import without_warm_up
from modelforge.pricing.tariff import NoTariff
from modelforge.stats.histogram import LogHistogram
from tests.unit.benchmark.runs import (
    MS,
    PLAN,
    SECOND,
    a_failure,
    a_large_table,
    a_recording,
    a_request,
    a_table,
    a_word,
    gaps_of,
)

GAPS = gaps_of(*[10.0] * 100)


def run(table: pa.Table, *, exclude_warm_up: bool = False, **options: Any) -> BenchmarkResult:
    recording = a_recording(table, [a_word()], gaps=GAPS)
    if exclude_warm_up:
        recording = without_warm_up(recording)
    return summarise(recording, **options)


def statistics(result: BenchmarkResult) -> RunStatistics:
    assert result.statistics is not None
    return result.statistics


def a_slow_start(count: int, slow: int, *, extra_ms: int = 300) -> pa.Table:
    """Requests of which the first so many take longer."""
    rng = np.random.default_rng(3)
    rows = []
    for index in range(count):
        later = int((rng.normal(0, 5) + (extra_ms if index < slow else 0)) * MS)
        row = a_request(index)
        for name in ("first_ns", "last_ns", "done_ns"):
            row[name] += later + 50 * MS
        rows.append(row)
    return a_table(*rows)


def test_every_figure_lies_in_its_interval() -> None:
    result = run(a_large_table(3000), slo=Slo.parse("ttft=500ms"))
    found = statistics(result)
    for name in (*SERIES, STREAM):
        for statistic, estimate in found.measures[name].estimates.items():
            assert estimate.point == pytest.approx(getattr(getattr(result, name), statistic))
            assert estimate.point in estimate.interval
    assert found.rates["requests_per_s"].point == pytest.approx(result.requests_per_s)
    assert found.rates["output_tokens_per_s"].point == pytest.approx(result.tokens_per_second)
    assert found.rates["goodput_per_s"].point == pytest.approx(result.goodput_per_s)
    assert found.success_share.point == 1.0
    assert found.success_share.interval.low > 0.998


def test_few_requests_have_no_statistics() -> None:
    assert run(a_table(*(a_request(n) for n in range(19)))).statistics is None
    assert run(a_table(*(a_request(n) for n in range(20)))).statistics is not None


def test_a_confidence_of_the_readers_choice() -> None:
    table = a_large_table(2000)
    wide, narrow = (
        statistics(run(table, level=level)).measures["e2e_ms"].estimates["mean"].interval
        for level in (0.99, 0.8)
    )
    assert (wide.level, narrow.level) == (0.99, 0.8)
    assert wide.width > narrow.width


def test_requests_are_taken_in_the_order_of_sending() -> None:
    table = a_large_table(2000)
    shuffled = table.take(np.random.default_rng(1).permutation(2000))
    assert statistics(run(table)).measures == statistics(run(shuffled)).measures


def test_a_warm_up_is_noted_and_left_out_on_request_alone() -> None:
    table = a_slow_start(400, 40)
    as_it_is = run(table)
    notes = {note.code: note for note in as_it_is.verdict.notes}
    assert notes["warm_up_present"].measured == pytest.approx(40, abs=10)
    assert "--exclude-warm-up" in notes["warm_up_present"].message
    assert as_it_is.total_requests == 400
    without = run(table, exclude_warm_up=True)
    left_out = statistics(without).warm_up_excluded
    assert left_out == pytest.approx(40, abs=10)
    assert without.total_requests == 400 - left_out
    assert without.warmup_requests == left_out
    assert without.ttft_ms.mean is not None
    assert without.ttft_ms.mean == pytest.approx(150, abs=5)
    codes = {note.code for note in without.verdict.notes}
    assert "warm_up_excluded" in codes
    assert "warm_up_present" not in codes


def test_rates_and_gaps_begin_where_the_warm_up_ends() -> None:
    table, ends_ns = a_slow_start(400, 40), 400 * SECOND
    slots = tuple(
        GapSlot(end_ns=end_s * SECOND, gaps=gaps_of(gap_ms))
        for end_s, gap_ms in ((10, 90.0), (20, 80.0), (200, 20.0), (400, 10.0))
    )
    word = a_word(at_s=400.0, window_ns=(0, ends_ns))
    recording = Recording(plan=PLAN, columns=table, gaps=GAPS, telemetry=(word,), gap_slots=slots)
    result = summarise(without_warm_up(recording))
    left_out = statistics(result).warm_up_excluded
    assert 20 < left_out < 60
    assert result.total_duration == pytest.approx(400 - left_out, abs=0.1)
    assert result.requests_per_s == pytest.approx(1, rel=0.01)
    assert (result.itl_ms.count, result.itl_ms.max) == (2, 20.0)


def test_a_steady_run_is_noted_for_nothing_and_loses_nothing() -> None:
    table = a_slow_start(400, 0)
    assert statistics(run(table, exclude_warm_up=True)).warm_up_excluded == 0
    codes = {note.code for note in run(table).verdict.notes}
    assert not codes & {"warm_up_present", "drift", "level_shift"}


def test_a_shift_in_the_middle_is_noted_and_nothing_is_left_out() -> None:
    rows = []
    for index in range(300):
        row = a_request(index)
        for name in ("first_ns", "last_ns", "done_ns"):
            row[name] += 2000 * MS + (index % 7) * MS + (600 * MS if index >= 180 else 0)
        rows.append(row)
    result = run(a_table(*rows))
    shift = next(note for note in result.verdict.notes if note.code == "level_shift")
    assert shift.measured == pytest.approx(180, abs=30)
    assert re.search(r"from 2,1\d\d ms to 2,7\d\d ms", shift.message)
    assert result.total_requests == 300


def test_bursts_of_failures_are_worth_less_than_scattered_ones() -> None:
    scattered = [a_failure(n) if n % 5 == 0 else a_request(n) for n in range(500)]
    bursts = [a_failure(n) if n % 250 < 50 else a_request(n) for n in range(500)]
    narrow, wide = (statistics(run(a_table(*rows))).success_share for rows in (scattered, bursts))
    assert narrow.point == wide.point == 0.8
    assert wide.interval.width > 2 * narrow.interval.width


def test_gaps_are_kept_by_time_in_bounded_room() -> None:
    slots = GapSlots()
    rng = np.random.default_rng(4)
    reports = [LogHistogram.of(rng.random(20) * MS) for _ in range(1000)]
    for place, report in enumerate(reports):
        slots.add(report, at_ns=place)
        slots.add(LogHistogram(), at_ns=place)  # nothing was said
    kept = slots.build()
    assert 32 <= len(kept) <= 64
    assert all_gaps(kept).count == 20_000
    ends = [slot.end_ns for slot in kept]
    assert ends == sorted(ends, key=lambda end: end or 0)
    assert len({slot.gaps.count for slot in kept[:-1]}) == 1


def test_gaps_have_intervals_where_the_run_is_long_enough() -> None:
    slots = GapSlots()
    rng = np.random.default_rng(5)
    for second in range(30):
        slots.add(LogHistogram.of(rng.lognormal(2.3, 0.3, 400) * MS), at_ns=second * SECOND)
    kept = slots.build()
    result = summarise(
        a_recording(a_large_table(1000), [a_word()], gaps=all_gaps(kept), gap_slots=kept)
    )
    estimates = statistics(result).measures["itl_ms"].estimates
    assert estimates["p50"].point == pytest.approx(result.itl_ms.p50)
    assert 10.0 in estimates["p50"].interval
    assert estimates["p50"].interval.width < 1
    assert set(statistics(run(a_large_table(1000))).measures["itl_ms"].estimates) == {"mean"}


def test_several_runs_have_intervals_between_them() -> None:
    tables = [a_large_table(500, seed=seed) for seed in (1, 2, 3)]
    recordings = [Recording(plan=PLAN, columns=table, gaps=GAPS) for table in tables]
    results = [run(table) for table in tables]
    together = whole(recordings, results, prices=NoTariff(reason="none"), slo=None)
    found = statistics(together)
    assert found.runs == 3
    assert not found.steadiness
    middle = found.measures["ttft_ms"].estimates["p99"]
    assert middle.point == pytest.approx(np.mean([result.ttft_ms.p99 for result in results]))
    assert "between 3 runs" in middle.method
    rate = found.rates["requests_per_s"]
    assert together.requests_per_s is not None
    assert together.requests_per_s in rate.interval
    small = replace(results[0], statistics=None)
    few = whole(recordings[:2], [small, small], prices=NoTariff(reason="none"), slo=None)
    assert few.statistics is None


def test_a_table_of_nothing_known_is_no_failure() -> None:
    empty = pa.Table.from_batches([], schema=RECORD)
    assert run(empty, exclude_warm_up=True).statistics is None
