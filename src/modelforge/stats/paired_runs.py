"""Two subjects' runs that took turns: what differs between them, run by run."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from modelforge.stats.distributions import t_cdf
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.mean import mean
from modelforge.stats.power import detectable_difference
from modelforge.stats.ratio import ratio_of
from modelforge.stats.sample import paired, positive, share


@dataclass(frozen=True, kw_only=True, slots=True)
class RunComparison:
    """The first subject's figure over the second's, from runs in pairs.

    Attributes:
        ratio: the geometric mean of the runs' ratios, 1.05 for 5 % more.
        p_value: of the paired t test of their logarithms.
        equivalence_p: of the two one-sided tests that the ratio lies between ``1 / (1 + margin)``
            and ``1 + margin``; None without a margin.
        detectable: the least relative change that so many pairs find four times in five; None
            where all pairs say the same.
    """

    ratio: Estimate
    p_value: float
    equivalence_p: float | None
    detectable: float | None


def compare_runs(
    first: ArrayLike, second: ArrayLike, *, margin: float | None = None, level: float = 0.95
) -> RunComparison:
    """Compare one figure (a p99, a throughput) of runs that were made in turns (A B B A …).

    What drifts over the hour is shared by a pair and cancels; what differs between runs is the
    error, which no single long run can know. Student's t over the logarithms of the ratios.

    Raises:
        TooFewValues: fewer than two pairs. OutOfRange: a figure or ``margin`` is not above 0.
        And what `paired` and `share` raise.
    """
    a, b = paired(first, second)
    share(level, name="level")
    for value in (float(a.min()), float(b.min())):
        positive(value, name="a figure whose ratio is taken")
    logs = np.log(a) - np.log(b)
    made = mean(logs, level=level)
    error, df = made.standard_error or 0.0, logs.size - 1
    return RunComparison(
        ratio=Estimate(
            point=math.exp(made.point),
            interval=Interval(
                low=ratio_of(made.interval.low), high=ratio_of(made.interval.high), level=level
            ),
            standard_error=None,
            method=f"Student's t of the logarithms, {logs.size} pairs of runs",
            n=logs.size,
        ),
        p_value=_p_value(made.point, error, df),
        equivalence_p=None if margin is None else _equivalence(made.point, error, df, margin),
        detectable=_detectable(error, logs.size, level),
    )


def _p_value(point: float, error: float, df: int) -> float:
    if error == 0:  # a sign test's, as where every pair says the same there is no spread
        return 1.0 if point == 0 else min(1.0, 2 * 0.5 ** (df + 1))
    return min(1.0, 2 * t_cdf(-abs(point) / error, df))


def _equivalence(point: float, error: float, df: int, margin: float) -> float:
    room = math.log1p(positive(margin, name="margin")) - abs(point)
    if error == 0:
        return 0.5 ** (df + 1) if room > 0 else 1.0
    return 1 - t_cdf(room / error, df)


def _detectable(error: float, pairs: int, level: float) -> float | None:
    if error == 0:
        return None
    alpha = round(1 - level, 12)
    logarithm = detectable_difference(sd=error * math.sqrt(pairs), n=pairs, alpha=alpha)
    return ratio_of(logarithm) - 1
