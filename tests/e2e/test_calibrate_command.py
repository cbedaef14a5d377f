"""``modelforge calibrate`` as a user runs it."""

from __future__ import annotations

import json

from modelforge.benchmark.calibration import Calibration
from tests.support.command import Session


def test_it_measures_this_machine_and_keeps_what_it_found(shell: Session) -> None:
    state = shell.folder / "state"
    done = shell.run(
        "calibrate", "--seconds", "1.5", "--export", "json", env={"XDG_STATE_HOME": str(state)}
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = Calibration.from_json(done.stdout)
    assert found.requests_per_s > 0
    assert found.most_events_per_s >= found.events_per_s > 0
    (kept,) = state.rglob("*.json")
    assert json.loads(kept.read_text()) == json.loads(done.stdout)


def test_too_short_a_time_is_refused(shell: Session) -> None:
    done = shell.run("calibrate", "--seconds", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
