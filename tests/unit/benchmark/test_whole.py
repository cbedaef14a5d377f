"""Several runs as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from modelforge.app.benchmark_report import report
from modelforge.benchmark.recording import Recording
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.verdict import Status
from modelforge.benchmark.whole import whole
from modelforge.pricing.tariff import NoTariff
from tests.unit.benchmark.runs import (
    MS,
    PLAN,
    SECOND,
    a_failure,
    a_recording,
    a_request,
    a_table,
    a_word,
    gaps_of,
)

PRICES = NoTariff(reason="free")


def a_run(
    *rows: dict[str, object], final: bool = True, seconds: float = 10, **said: Any
) -> Recording:
    window = (0, int(seconds * SECOND)) if final else None
    word = a_word(at_s=seconds, window_ns=window, final=final, **said)
    return a_recording(a_table(*rows), [word], gaps=gaps_of(10, 10))


def test_rates_are_over_the_time_of_all_runs() -> None:
    recordings = [
        a_run(a_request(0), a_request(1), a_failure(2), seconds=10),
        a_run(a_request(0), a_request(1), seconds=30),
    ]
    results = [summarise(recording) for recording in recordings]
    found = whole(recordings, results, prices=PRICES, slo=None)
    assert (found.total_requests, found.successful_requests) == (5, 4)
    assert found.total_duration == pytest.approx(40)
    assert found.requests_per_s == pytest.approx(0.1)
    assert found.tokens_per_second == pytest.approx(20 / 40)
    assert found.itl_ms.count == 4
    assert found.errors == {"timed_out": 1}
    assert found.runs == tuple(results)
    assert found.client.cpu_s == pytest.approx(sum(result.client.cpu_s for result in results))


def test_what_was_never_sent_is_of_all_runs() -> None:
    recordings = [a_run(a_request(0), unsent=3), a_run(a_request(0)), a_run(unsent=4)]
    assert report(recordings, prices=PRICES).unsent_requests == 7


def test_gaps_between_reasoning_are_of_all_runs() -> None:
    one = a_run(a_request(0))
    other = replace(one, reasoning_gaps=gaps_of(10))
    for recordings, count in (((one, one), None), ((one, other), 1), ((other, other), 2)):
        found = report(recordings, prices=PRICES).itl_definitions.reasoning_gaps
        assert (None if found is None else found.count) == count


def test_the_verdict_is_the_worst_of_the_runs() -> None:
    recordings = [a_run(a_request(0)), a_run(a_request(0), final=False)]
    results = [summarise(recording) for recording in recordings]
    found = whole(recordings, results, prices=PRICES, slo=None).verdict
    assert found.status is Status.SUSPECT
    assert [reason.message.partition(":")[0] for reason in found.reasons] == ["run 2"]
    assert [note.code for note in found.notes] == ["few_requests"]


def test_a_usage_of_less_than_came_is_noted() -> None:
    rows = [a_request(0), a_request(1, completion_tokens=4), a_request(2, completion_tokens=None)]
    notes = {note.code: note for note in report([a_run(*rows)], prices=PRICES).verdict.notes}
    assert notes["few_tokens"].message.startswith("the usage of 1 answers has fewer tokens")


def test_runs_that_asked_something_else_are_noted() -> None:
    one, two = a_run(a_request(0)), a_run(a_request(0))
    assert "unlike_runs" not in {
        note.code for note in report([one, two], prices=PRICES).verdict.notes
    }
    other = replace(two, plan=replace(PLAN, asked={"load": "another"}))
    notes = {note.code: note for note in report([one, other], prices=PRICES).verdict.notes}
    assert "the runs differ in load:" in notes["unlike_runs"].message


def test_notes_say_whose_they_are() -> None:
    whole_answers = [a_request(0, first_ns=None, last_ns=None, max_gap_ns=None)] * 2
    one, two = a_run(*whole_answers), a_run(*whole_answers[:1])
    message = "{} answers came in one piece or without a token"
    for recordings, said in (
        ((one, one), message.format(2)),
        ((one, two), f"run 1: {message.format(2)}"),
        ((a_run(a_request(0)), two), f"run 2: {message.format(1)}"),
    ):
        notes = report(recordings, prices=PRICES).verdict.notes
        (note,) = (note for note in notes if note.code == "no_first_token")
        assert note.message.startswith(said)
        assert note.message.endswith("(and of 1 more run)") == (recordings == (one, two))


def test_what_is_left_out_of_the_runs_is_left_out_of_the_whole() -> None:
    rng = np.random.default_rng(3)
    recordings = []
    for slow in (40, 60):
        rows = []
        for index in range(400):
            later = int((rng.normal(0, 5) + (300 if index < slow else 50)) * MS)
            row = a_request(index)
            rows.append(
                row | {name: row[name] + later for name in ("first_ns", "last_ns", "done_ns")}
            )
        recordings.append(a_run(*rows, seconds=400))
    as_it_is = [note.code for note in report(recordings, prices=PRICES).verdict.notes]
    assert as_it_is.count("warm_up_present") == 1
    found = report(recordings, prices=PRICES, exclude_warm_up=True)
    assert found.total_requests == sum(run.total_requests for run in found.runs) < 720
    assert found.warmup_requests == 800 - found.total_requests
    assert found.ttft_ms.count == found.total_requests
    assert found.ttft_ms.mean == pytest.approx(150, abs=5)
    assert found.statistics is not None
    assert found.statistics.warm_up_excluded == found.warmup_requests
    assert found.total_duration == pytest.approx(sum(run.total_duration for run in found.runs))
