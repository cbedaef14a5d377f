"""From when to when a run measured, whatever became of its workers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelforge.benchmark.plan import Plan
from modelforge.benchmark.summary import summarise
from modelforge.benchmark.telemetry import Telemetry
from modelforge.benchmark.window import Window, measured_window
from tests.unit.benchmark.runs import PLAN, SECOND, a_recording, a_request, a_table, a_word


def ended(worker: int, *, at_s: float) -> Telemetry:
    return a_word(worker, at_s + 0.1, window_ns=(0, round(at_s * SECOND)))


def broken(worker: int, *, at_s: float) -> Telemetry:
    return a_word(worker, at_s, final=False)


def missed(worker: int) -> Telemetry:
    return replace(a_word(worker, final=False, lost=True), at_ns=None)


@pytest.mark.parametrize(
    ("said", "window"),
    [
        ([ended(0, at_s=5), ended(1, at_s=6)], Window(start_ns=0, end_ns=6 * SECOND)),
        # Killed whole: until then everything is known.
        (
            [broken(0, at_s=1), broken(1, at_s=2), broken(0, at_s=2.5)],
            Window(start_ns=0, end_ns=2 * SECOND, cut=True),
        ),
        # One had nothing more to do before that.
        (
            [ended(0, at_s=1), broken(1, at_s=2)],
            Window(start_ns=0, end_ns=2 * SECOND, cut=True),
        ),
        # Killed before the first batch, or in the cool-down of ten seconds.
        ([broken(0, at_s=-0.1)], Window(start_ns=0, end_ns=0, cut=True)),
        ([broken(0, at_s=15)], Window(start_ns=0, end_ns=10 * SECOND, cut=True)),
        # The others went on.
        (
            [broken(0, at_s=1), missed(0), ended(1, at_s=6)],
            Window(start_ns=0, end_ns=6 * SECOND),
        ),
        (
            [broken(0, at_s=1), missed(0), broken(1, at_s=2), missed(1)],
            Window(start_ns=0, end_ns=2 * SECOND),
        ),
        ([a_word()], None),
        ([], None),
    ],
)
def test_the_window(said: list[Telemetry], window: Window | None) -> None:
    plan = Plan(model="sim/fast", workers=2, asked={"duration_s": 10.0})
    assert measured_window(said, plan) == window


def test_the_rate_of_a_run_that_was_killed_is_of_when_everything_is_known() -> None:
    # Each of two workers ends ten requests a second; the last batch of one is half a second older.
    rows = [
        a_request(0, worker=worker, done_ns=number * SECOND // 10 - 1)
        for worker, count in ((0, 15), (1, 20))
        for number in range(1, count + 1)
    ]
    said = [broken(0, at_s=1.5), broken(1, at_s=2)]
    result = summarise(a_recording(a_table(*rows), said, plan=replace(PLAN, workers=2)))
    assert (result.total_duration, result.requests_per_s) == (1.5, 20)
    assert (result.total_requests, result.cooldown_requests) == (35, 5)
