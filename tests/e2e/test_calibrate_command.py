"""``modelforge calibrate`` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelforge.benchmark.calibration import Calibration
from tests.e2e.test_benchmark_command import until, workers_of
from tests.support.command import COMMAND, Session


def test_it_measures_this_machine_and_keeps_what_it_found(shell: Session) -> None:
    state = shell.folder / "state"
    done = shell.run(
        "calibrate", "--seconds", "1.5", "--export", "json", env={"XDG_STATE_HOME": str(state)}
    )
    assert done.returncode == 0, done.stderr
    found = Calibration.from_json(done.stdout)
    assert ("measure again" in done.stderr) == (found.disturbed is not None)
    assert found.requests_per_s > 0
    assert found.most_events_per_s >= found.events_per_s > 0
    (kept,) = state.rglob("*.json")
    assert json.loads(kept.read_text()) == json.loads(done.stdout)


def test_it_says_that_others_kept_the_machine_busy(shell: Session) -> None:
    busy = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(busy) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        done = shell.run("calibrate", "--seconds", "4.5", "--export", "json")
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert done.returncode == 0, done.stderr
    assert Calibration.from_json(done.stdout).disturbed is not None
    assert done.stderr.startswith("warning: ")
    assert done.stderr.endswith("; measure again when nothing else runs\n")


def test_what_cannot_be_kept_is_shown_all_the_same(shell: Session) -> None:
    (shell.folder / "state").write_text("a file")
    state = {"XDG_STATE_HOME": str(shell.folder / "state")}
    done = shell.run("calibrate", "--seconds", "0.6", "--export", "json", env=state)
    assert done.returncode == 1
    assert Calibration.from_json(done.stdout).requests_per_s > 0
    assert "cannot be kept" in done.stderr
    assert done.stderr.count("\n") == 1


def test_ctrl_c_ends_it_with_one_line(shell: Session) -> None:
    begun = subprocess.Popen(
        [COMMAND, "calibrate", "--seconds", "60"],
        cwd=shell.folder,
        env=shell.environment,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until(lambda: bool(workers_of(begun.pid)))
    os.killpg(begun.pid, signal.SIGINT)  # as a terminal does: the whole group
    _, errors = begun.communicate(timeout=30)
    assert begun.returncode == 130
    assert errors.splitlines()[1:] == [b"modelforge: interrupted"]


def test_too_short_a_time_is_refused(shell: Session) -> None:
    done = shell.run("calibrate", "--seconds", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"most_requests_per_s": 0.001, "most_events_per_s": 0.001}, "reasons", "ceiling_requests"),
        ({"measured_at": "2020-01-01T00:00:00+00:00"}, "notes", "calibration_stale"),
    ],
)
def test_later_runs_are_judged_by_it(
    shell: Session, changes: dict[str, Any], where: str, code: str
) -> None:
    assert shell.run("calibrate", "--seconds", "0.6").returncode == 0
    state = Path(shell.environment["XDG_STATE_HOME"])
    (kept,) = state.rglob("calibration/*.json")
    kept.write_text(json.dumps(json.loads(kept.read_text()) | changes))
    asked = ("--requests", "20", "--export", "json", "--allow-invalid", "--records", "r.arrows")
    done = shell.run("benchmark", "sim/fast", *asked)
    assert done.returncode == 0, done.stderr
    assert code in [reason["code"] for reason in json.loads(done.stdout)["verdict"][where]]
    kept.unlink()  # what the run knew is in its records
    again = shell.run("benchmark", "--from-records", "r.arrows", *asked[2:5])
    assert code in [reason["code"] for reason in json.loads(again.stdout)["verdict"][where]]
