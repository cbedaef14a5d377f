"""Two equal runs raise no alarm, and a run that is 5 % slower is found at the planned size.

The same over real sockets, in full, is ``bench/stats_aa.py``.
"""

from __future__ import annotations

import math

import numpy as np

from modelforge.stats.planning import seconds_needed
from modelforge.stats.run_difference import non_inferiority, run_ratio
from modelforge.stats.series import series_estimates

SD = math.sqrt(math.log1p(0.3**2))


def test_two_hundred_pairs_of_runs() -> None:
    rng = np.random.default_rng(12)
    requests = math.ceil(seconds_needed(0.05, sd=0.3, per_second=1.0, power=0.95))
    alarms = found = gated = 0
    for _ in range(200):
        base, again, slower = (
            series_estimates(factor * rng.lognormal(-(SD**2) / 2, SD, requests), (0.5,)).mean
            for factor in (1.0, 1.0, 1.05)
        )
        alarms += run_ratio(again, base).interval.low > 1
        found += run_ratio(slower, base).interval.low > 1
        gated += non_inferiority(again, base, margin=0.02).outcome == "fails"
    assert alarms <= 0.05 * 200
    assert found >= 0.90 * 200
    assert gated <= 2
