"""Whether a run is believed, and why not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from modelforge.benchmark.evidence import WorkerEvidence, worker_evidence
from modelforge.benchmark.growth import Growth
from modelforge.benchmark.judge import Evidence, judge
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.telemetry import Telemetry
from modelforge.benchmark.verdict import Ceiling, Status, Verdict
from modelforge.benchmark.window import Window
from modelforge.stats.histogram import LogHistogram
from tests.unit.benchmark.runs import (
    PLAN,
    SECOND,
    a_failure,
    a_recording,
    a_request,
    a_table,
    a_word,
)

CALM = WorkerEvidence(worker=0, said_goodbye=True)


def verdict_on(worker: dict[str, Any] | None = None, **changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "open_loop": True,
        "successful": 2000,
        "failed": 0,
        "duration_s": 30.0,
        "workers": (replace(CALM, **(worker or {})),),
    }
    return judge(Evidence(**(values | changes)), ceiling=Ceiling(requests_per_s=1000))


@pytest.mark.parametrize(
    ("worker", "run", "code", "status"),
    [
        ({"cpu_share": 0.86}, {}, "client_cpu", "SUSPECT"),
        ({"cpu_share": 0.99}, {}, "client_cpu", "INVALID"),
        ({"cpu_share": 0.5, "busiest_cpu_share": 0.99}, {}, "client_cpu_peak", "SUSPECT"),
        ({"run_delay_share": 0.2, "run_delay_ratio": 0.5}, {}, "cpu_contended", "SUSPECT"),
        ({"run_delay_share": 0.5, "run_delay_ratio": 0.5}, {}, "cpu_contended", "INVALID"),
        ({"idle_share": 0.01, "others_share": 0.9}, {}, "cores_busy", "SUSPECT"),
        ({"lag_p99_ms": 12.0}, {}, "loop_lag", "SUSPECT"),
        ({"lag_p99_ms": 80.0}, {}, "loop_lag", "INVALID"),
        ({"lag_max_ms": 190.0}, {}, "client_stopped", "SUSPECT"),
        ({"lag_max_ms": 190.0}, {"duration_s": 5.0}, "client_stopped", "INVALID"),
        ({}, {"pauses": 1}, "parent_stopped", "SUSPECT"),
        ({}, {"schedule_lag_p99_ms": 11.0}, "schedule_lag", "SUSPECT"),
        ({}, {"schedule_lag_p99_ms": 60.0}, "schedule_lag", "INVALID"),
        ({}, {"unsent": 30}, "unsent", "SUSPECT"),
        ({}, {"unsent": 200}, "unsent", "INVALID"),
        ({}, {"successful": 0, "failed": 3}, "all_failed", "INVALID"),
        ({}, {"successful": 0}, "nothing_measured", "INVALID"),
        ({}, {"requests_per_s": 900.0}, "ceiling_requests", "SUSPECT"),
        ({}, {"requests_per_s": 990.0}, "ceiling_requests", "INVALID"),
        ({"cpu_share": 0.8}, {"requests_per_s": 990.0}, "ceiling_requests", "INVALID"),
        ({"cpu_share": 0.3}, {"requests_per_s": 990.0}, "ceiling_requests", "SUSPECT"),
        ({}, {"loss": "cut off after 3 batches", "missing": 7}, "recording_cut", "SUSPECT"),
        ({"said_goodbye": False}, {}, "cut_short", "SUSPECT"),
        ({}, {"workers": (CALM, WorkerEvidence(worker=1))}, "worker_lost", "INVALID"),
        ({"said_goodbye": False, "seen_lost": True}, {}, "worker_lost", "INVALID"),
        ({"unconnected": 1}, {}, "no_connections", "SUSPECT"),
        ({"unconnected": 200}, {}, "no_connections", "INVALID"),
    ],
)
def test_each_flag(worker: dict[str, Any], run: dict[str, Any], code: str, status: str) -> None:
    verdict = verdict_on(worker, **run)
    assert [reason.code for reason in verdict.reasons] == [code]
    assert verdict.status == verdict.reasons[0].status == status
    reason = verdict.reasons[0]
    assert reason.measured is not None
    assert reason.limit is not None
    assert "\n" not in reason.message


def test_the_worst_reason_decides_and_comes_first() -> None:
    verdict = verdict_on({"cpu_share": 0.9, "lag_p99_ms": 80.0})
    assert [reason.code for reason in verdict.reasons] == ["loop_lag", "client_cpu"]
    assert verdict.status is Status.INVALID


@pytest.mark.parametrize(
    ("successful", "names"), [(999, "p99.9"), (99, "p99, p99.9"), (1, "p90, p95, p99, p99.9")]
)
def test_few_requests_are_a_note(successful: int, names: str) -> None:
    verdict = verdict_on(successful=successful)
    assert verdict.status is Status.VALID
    assert [note.code for note in verdict.notes] == ["few_requests"]
    assert f"few for {names}:" in verdict.notes[0].message


@pytest.mark.parametrize(("broken_off", "codes"), [(20, []), (21, ["unanswered"])])
def test_answers_that_were_not_waited_for_are_a_note(broken_off: int, codes: list[str]) -> None:
    verdict = verdict_on(broken_off=broken_off)
    assert (verdict.status, [note.code for note in verdict.notes]) == ("VALID", codes)
    assert not codes or "21 of 2,021 requests" in verdict.notes[0].message


def test_what_was_broken_off_is_counted() -> None:
    table = a_table(a_request(), a_failure(1, "interrupted"), a_failure(2, "timed_out"))
    notes = {note.code: note for note in summarise(a_recording(table)).verdict.notes}
    assert notes["unanswered"].measured == pytest.approx(1 / 3)


def test_too_short_to_tell_is_a_note() -> None:
    verdict = verdict_on(duration_s=0.03)
    assert (verdict.status, [note.code for note in verdict.notes]) == ("VALID", ["short_run"])
    assert "0.030 s" in verdict.notes[0].message


def test_many_failures_are_a_note() -> None:
    assert [note.code for note in verdict_on(failed=500).notes] == ["many_failed"]


@pytest.mark.parametrize(("lag_ms", "said"), [(1.0, True), (60.0, False)])
def test_who_sends_late_does_not_say_that_the_server_fell_behind(
    lag_ms: float, *, said: bool
) -> None:
    growth = Growth(ms_per_s=98_765.4, error_ms_per_s=1.0, duration_s=30.0)
    verdict = verdict_on(growth=growth, schedule_lag_p99_ms=lag_ms)
    notes = {note.code: note.message for note in verdict.notes}
    assert ("growing_wait" in notes) is said
    assert not said or "by 98,765 ms a second" in notes["growing_wait"]


def test_a_closed_loop_has_no_schedule_to_miss() -> None:
    verdict = verdict_on(open_loop=False, schedule_lag_p99_ms=900.0)
    assert verdict == Verdict(status=Status.VALID)


def test_the_server_of_the_run_itself_is_a_known_neighbour() -> None:
    verdict = verdict_on({"idle_share": 0.0, "others_share": 0.9}, served_here=True)
    assert (verdict.status, [note.code for note in verdict.notes]) == ("VALID", ["cores_busy"])


@pytest.mark.parametrize(
    "shares", [(0.3, 0.6), (0.0, 0.2), (None, None)], ids=["idle", "own work", "unknown"]
)
def test_neighbours_that_leave_room_are_none(shares: tuple[float, float]) -> None:
    verdict = verdict_on({"idle_share": shares[0], "others_share": shares[1]})
    assert verdict == Verdict(status=Status.VALID)


def test_a_ceiling_that_is_reached_with_time_to_spare_is_doubted() -> None:
    (reason,) = verdict_on({"cpu_share": 0.3}, requests_per_s=5000.0).reasons
    assert "500% of what `modelforge calibrate` found" in reason.message
    assert "30% of a core was enough: calibrate again" in reason.message
    (reason,) = verdict_on({"cpu_share": 0.8}, requests_per_s=990.0).reasons
    assert "again" not in reason.message


def test_a_clean_run_on_a_noisy_machine_is_never_flagged() -> None:
    random = np.random.default_rng(11)
    for _ in range(300):
        words = []
        cpu_s = delay_s = 0.0
        for second in range(31):
            cpu_s += random.uniform(0.1, 0.8)
            delay_s += random.exponential(0.03)
            lag = LogHistogram.of([*random.exponential(0.3, 49), random.uniform(1, 4)])
            if second == 15:  # a stall like any machine's, and the beats that it held up
                lag.add(np.arange(random.uniform(10, 100), 0, -20))
            words.append(
                a_word(
                    at_s=second,
                    cpu_s=cpu_s,
                    run_delay_s=delay_s,
                    loop_lag_ms=lag,
                    final=second == 30,
                )
            )
        table, plan = a_table(*map(a_request, range(30))), replace(PLAN, open_loop=True)
        result = summarise(a_recording(table, words, plan=plan))
        assert result.verdict.status is Status.VALID, result.verdict.reasons


def words(*cpu_s: float, **changes: Any) -> list[Telemetry]:
    return [a_word(at_s=second, **({"cpu_s": cpu} | changes)) for second, cpu in enumerate(cpu_s)]


def test_stalls_in_a_few_seconds_of_many_are_seen() -> None:
    said = [a_word(at_s=second, loop_lag_ms=LogHistogram.of([0.0] * 50)) for second in range(20)]
    for second in (3, 9, 15):
        stalls = LogHistogram.of([0.0] * 44 + [12.0] * 6)
        said[second] = replace(said[second], loop_lag_ms=stalls)
    (worker,) = worker_evidence(said, workers=1)
    assert worker.lag_p99_ms == pytest.approx(12, rel=0.01)
    result = summarise(a_recording(a_table(a_request()), said))
    assert "loop_lag" in {reason.code for reason in result.verdict.reasons}


def test_one_stall_does_not_make_a_short_run() -> None:
    said = a_word(loop_lag_ms=LogHistogram.of([0.0] * 49 + [40.0]))
    (worker,) = worker_evidence([said], workers=1)
    assert (worker.lag_p99_ms, worker.lag_max_ms) == (0, 40)


@pytest.mark.parametrize(
    ("own_ms", "codes"), [([0.0], []), ([0.0, 60.0], ["schedule_lag"]), (None, ["schedule_lag"])]
)
def test_a_late_client_is_told_from_connections_that_were_opened(
    own_ms: list[float] | None, codes: list[str]
) -> None:
    late = a_request() | {"sent_ns": 90_000_000}
    said = a_word(send_lag_ms=None if own_ms is None else LogHistogram.of(own_ms))
    result = summarise(a_recording(a_table(late), [said], plan=replace(PLAN, open_loop=True)))
    assert [reason.code for reason in result.verdict.reasons] == codes
    assert result.schedule_lag_ms.p99 == 90.0


def test_the_start_of_a_worker_is_not_its_load() -> None:
    (worker,) = worker_evidence(words(2.0, 2.1, 2.2, 2.9), workers=1)
    assert worker.cpu_share == pytest.approx(0.3)
    assert worker.busiest_cpu_share == pytest.approx(0.7)
    assert worker.cpu_s == 2.9


def test_a_batch_that_is_a_little_early_is_an_interval_of_its_own() -> None:
    moments = ((0.0, 0.0), (0.503, 0.1), (1.001, 0.598), (1.502, 0.7))
    (worker,) = worker_evidence([a_word(at_s=at, cpu_s=cpu) for at, cpu in moments], workers=1)
    assert worker.busiest_cpu_share == pytest.approx(1.0)


def test_a_short_run_is_looked_at_as_a_whole() -> None:
    begun, ended = a_word(at_s=-0.005, cpu_s=1.0), a_word(at_s=0.28, cpu_s=1.28)
    begun = replace(begun, final=False, loop_lag_ms=LogHistogram())
    (worker,) = worker_evidence([begun, ended], workers=1)
    assert worker.cpu_share == pytest.approx(0.28 / 0.285)
    assert worker.run_delay_share == pytest.approx(0.01)
    result = summarise(a_recording(a_table(a_request()), [begun, ended]))
    assert [reason.code for reason in result.verdict.reasons] == ["client_cpu"]
    too_short = replace(ended, at_ns=SECOND // 20)
    (worker,) = worker_evidence([begun, too_short], workers=1)
    assert worker.cpu_share is None


def test_the_time_of_its_cores_is_its_own_idle_or_anothers() -> None:
    said = [
        a_word(at_s=second, cpu_s=0.5 * second, idle_s=100 + 0.6 * second, cores=2)
        for second in range(4)
    ]
    said.append(a_word(at_s=3.2, cpu_s=1.6))  # the last word does not tell
    (worker,) = worker_evidence(said, workers=1)
    assert worker.idle_share == pytest.approx(0.3)
    assert worker.others_share == pytest.approx(0.45)


def test_only_the_measurement_counts() -> None:
    window = Window(start_ns=round(1.5 * SECOND), end_ns=round(2.5 * SECOND))
    said = words(0.0, 1.0, 1.1, 1.2, 2.2)
    said[0] = replace(said[0], loop_lag_ms=LogHistogram.of([900]))
    (worker,) = worker_evidence(said, workers=1, window=window)
    assert worker.cpu_share == pytest.approx(0.1)
    assert worker.lag_max_ms == 3


def test_a_worker_that_never_spoke_is_lost() -> None:
    plan = replace(PLAN, workers=2)
    result = summarise(a_recording(a_table(a_request()), words(0.1), plan=plan))
    assert "worker_lost" in {reason.code for reason in result.verdict.reasons}


def test_telemetry_without_moments_tells_no_shares() -> None:
    (worker,) = worker_evidence(words(1.0, 9.0, at_ns=None, run_delay_s=None), workers=1)
    assert (worker.cpu_share, worker.run_delay_share) == (None, None)
    assert worker.lag_max_ms == 3
