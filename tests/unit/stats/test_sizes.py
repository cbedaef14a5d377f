"""What sizes find, and what finds a difference."""

from __future__ import annotations

import math

import numpy as np
import pytest

from modelforge.core.errors import OutOfRange
from modelforge.stats.planning import seconds_needed
from modelforge.stats.power import pass_fail_power, pass_fail_prompts_needed
from modelforge.stats.sizes import (
    detectable_between_runs,
    detectable_pass_difference,
    discordant_share,
)


def test_what_so_many_prompts_find_is_found_by_so_many() -> None:
    found = detectable_pass_difference(0.3, n=400)
    assert found is not None
    alone = ((0.3 + found) / 2, (0.3 - found) / 2)
    assert pass_fail_power(*alone, n=400) == pytest.approx(0.8, abs=0.005)
    assert pass_fail_prompts_needed(*alone) == pytest.approx(400, rel=0.05)


def test_too_few_find_nothing_however_large() -> None:
    assert detectable_pass_difference(0.3, n=5) is None


def test_models_that_fail_independently() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 200_000)) < [[0.6], [0.7]]
    assert discordant_share(0.6, 0.7) == pytest.approx(float((first != second).mean()), abs=0.005)


def test_a_pilots_error_shrinks_with_the_root_of_the_time() -> None:
    found = detectable_between_runs(2.0, pilot_s=10, seconds=40)
    assert found == pytest.approx(detectable_between_runs(2.0, pilot_s=10, seconds=10) / 2)
    # 1,000 requests in 10 s with a standard error of 2 have a standard deviation of 2 √1,000.
    seconds = seconds_needed(found, sd=2 * math.sqrt(1000), per_second=100)
    assert seconds == pytest.approx(40, rel=0.001)


def test_nonsense_is_refused() -> None:
    for bad in (0.0, 1.5, math.nan):
        with pytest.raises(OutOfRange):
            detectable_pass_difference(bad, n=100)
        with pytest.raises(OutOfRange):
            detectable_between_runs(bad if bad != 1.5 else -1, pilot_s=1, seconds=1)
    with pytest.raises(OutOfRange):
        discordant_share(0.5, math.nan)
