"""A calibration as a value: kept, read back, and refused where it does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from modelforge.benchmark.calibration import MAX_AGE, Calibration
from tests.unit.benchmark.calibrations import CALIBRATION, MACHINE, NOW


def test_it_is_read_back_as_it_was() -> None:
    assert Calibration.from_json(json.dumps(CALIBRATION.to_document())) == CALIBRATION


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "modelforge.calibration/2"}'])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a calibration"):
        Calibration.from_json(text)


def test_it_fits_its_machine_for_a_while() -> None:
    assert CALIBRATION.unfit(MACHINE, NOW + MAX_AGE) is None
    assert CALIBRATION.unfit(MACHINE, NOW + MAX_AGE + timedelta(days=1)) == "made 31 days ago"
    changed = CALIBRATION.unfit(replace(MACHINE, cores=4), NOW)
    assert changed == "made with another cores (2, now 4)"


@pytest.mark.parametrize(("workers", "times"), [(1, 1), (2, 2), (8, 2)])
def test_workers_reach_more_up_to_the_cores(workers: int, times: int) -> None:
    ceiling = CALIBRATION.ceiling(workers)
    assert ceiling.requests_per_s == 10_000 * times
    assert ceiling.events_per_s == 800_000 * times
