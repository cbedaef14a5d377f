"""The calibration of a machine as later runs find it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from modelforge.app import kept_calibration
from modelforge.benchmark.calibration import MAX_AGE, Calibration
from modelforge.benchmark.verdict import Ceiling
from tests.unit.benchmark.calibrations import CALIBRATION


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calibration:
    """One that fits this machine; nothing is kept yet."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    machine = kept_calibration.this_machine()
    return replace(CALIBRATION, machine=machine, measured_at=datetime.now(UTC))


@pytest.mark.usefixtures("found")
def test_a_machine_that_was_never_measured_says_nothing() -> None:
    assert kept_calibration.asked_of(1) == {}
    assert kept_calibration.of_plan({}) == (None, None)


def test_a_plan_carries_the_ceiling(found: Calibration) -> None:
    kept_calibration.store(found)
    asked = json.loads(json.dumps(kept_calibration.asked_of(1)))
    ceiling, note = kept_calibration.of_plan(asked)
    assert (ceiling, note) == (Ceiling(requests_per_s=10_000.0, events_per_s=800_000.0), None)


def test_the_latest_counts(found: Calibration) -> None:
    kept_calibration.store(found)
    path = kept_calibration.store(replace(found, most_requests_per_s=1.0))
    ceiling, _ = kept_calibration.of_plan(kept_calibration.asked_of(1))
    assert ceiling is not None
    assert ceiling.requests_per_s == 1.0
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("what", ["age", "version"])
def test_a_stale_one_is_said_and_not_used(found: Calibration, what: str) -> None:
    if what == "age":
        old = replace(found, measured_at=found.measured_at - MAX_AGE - timedelta(days=2))
    else:
        old = replace(found, machine=replace(found.machine, modelforge="0.0.1"))
    kept_calibration.store(old)
    ceiling, note = kept_calibration.of_plan(kept_calibration.asked_of(2))
    assert ceiling is None
    assert note is not None
    assert note.code == "calibration_stale"
    assert ("32 days" if what == "age" else "0.0.1") in note.message


@pytest.mark.parametrize("kept", ["x", {}, {"requests_per_s": "many", "events_per_s": 3}])
def test_what_cannot_be_understood_says_nothing(kept: object) -> None:
    assert kept_calibration.of_plan({"calibration": kept}) == (None, None)
