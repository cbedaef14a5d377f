"""The calibration of this machine: where it is kept, and what it says to a run."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from platformdirs import user_state_path

from modelforge.app.whole_file import write_whole
from modelforge.benchmark.calibration import Calibration, Machine
from modelforge.benchmark.verdict import Ceiling, Reason

_UNFIT: Final = "unfit"
_RATES: Final = ("requests_per_s", "events_per_s")


def this_machine() -> Machine:
    """The machine, the interpreter and the version that this process runs on."""
    from importlib.metadata import version  # noqa: PLC0415 (a run without calibration needs none)

    return Machine(
        cpu=_cpu_name(),
        cores=_cores(),
        python=platform.python_version(),
        modelforge=version("modelforge-testing"),
    )


def store(calibration: Calibration) -> Path:
    """Keep it for this machine, in the place of an older one; where it is kept.

    Raises:
        OSError: it cannot be written.
    """
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, (json.dumps(calibration.to_document(), indent=2) + "\n").encode())
    return path


def asked_of(workers: int) -> dict[str, Any]:
    """What a run of ``workers`` keeps of it in its plan, of JSON's types: `of_plan` reads it.

    Kept there, so that a report that is made later or elsewhere judges by the machine that ran.
    Empty where nothing was ever measured here.
    """
    try:
        calibration = Calibration.from_json(_path().read_bytes())
    except (OSError, ValueError):
        return {}
    machine = this_machine()
    if unfit := calibration.unfit(machine, datetime.now(UTC)):
        return {"calibration": {_UNFIT: unfit}}
    ceiling = calibration.ceiling(workers)
    return {
        "calibration": {
            "measured_at": calibration.measured_at.isoformat(timespec="seconds"),
            **{name: getattr(ceiling, name) for name in _RATES},
        }
    }


def of_plan(asked: Any) -> tuple[Ceiling | None, Reason | None]:
    """What `asked_of` left in a plan: the ceiling, or a note that the calibration is stale."""
    kept = asked.get("calibration")
    if not isinstance(kept, dict):
        return None, None
    if _UNFIT in kept:
        message = (
            f"this machine's calibration is stale, it was {kept[_UNFIT]}: no ceiling is known;"
            " run `modelforge calibrate` again"
        )
        return None, Reason.note("calibration_stale", message)
    rates = {name: kept.get(name) for name in _RATES}
    if not all(isinstance(rate, int | float) and rate > 0 for rate in rates.values()):
        return None, None  # another version's
    return Ceiling(**rates), None


def _path() -> Path:
    # A home that several machines share has a file for each.
    identity = f"{platform.node()}\n{_cpu_name()}\n{_cores()}"
    name = hashlib.sha256(identity.encode()).hexdigest()[:16]
    return user_state_path("modelforge") / "calibration" / f"{name}.json"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_name() -> str:
    with suppress(OSError):
        for line in (
            Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        ):
            name, colon, value = line.partition(":")
            if colon and name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
