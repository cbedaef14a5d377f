"""Two independent runs: their latencies, their throughput."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from modelforge.core.errors import LengthsDiffer, OutOfRange
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.ratio import ratio_of
from modelforge.stats.sample import positive


def run_difference(first: Estimate, second: Estimate) -> Estimate:
    """``first`` minus ``second``: means, quantiles or rates of two runs that share nothing.

    The interval is recovered from the two (Zou and Donner, *Construction of Confidence Limits
    about Effect Measures*, 2008), so it is as skewed as they are, holds for latencies that are
    alike in time when theirs do, and has no end where they have none.

    Raises:
        LengthsDiffer: the two intervals are of different levels.
    """
    _same_level(first, second)
    point = first.point - second.point
    low = math.hypot(first.point - first.interval.low, second.interval.high - second.point)
    high = math.hypot(first.interval.high - first.point, second.point - second.interval.low)
    error = None
    if first.standard_error is not None and second.standard_error is not None:
        error = math.hypot(first.standard_error, second.standard_error)
    return Estimate(
        point=point,
        interval=Interval(low=point - low, high=point + high, level=first.interval.level),
        standard_error=error,
        method=f"recovered from both intervals ({first.method}; {second.method})",
        n=first.n + second.n,
    )


def run_ratio(first: Estimate, second: Estimate) -> Estimate:
    """``first`` over ``second``, 1.05 for 5 % more; as `run_difference`, of the logarithms.

    An end of an interval that is not above 0 gives the ratio no end on that side.

    Raises:
        OutOfRange: an estimate is not above 0; LengthsDiffer: as `run_difference`.
    """
    _same_level(first, second)
    made = run_difference(_logarithm(first), _logarithm(second))
    return Estimate(
        point=first.point / second.point,
        interval=Interval(
            low=ratio_of(made.interval.low),
            high=ratio_of(made.interval.high),
            level=made.interval.level,
        ),
        standard_error=None,
        method=made.method,
        n=made.n,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class NonInferiority:
    """Whether a candidate is no worse than a baseline by more than ``margin``.

    Attributes:
        ratio: candidate over baseline, with a two-sided interval.
        margin: the relative change for the worse that is accepted: 0.05 is five per cent.
        outcome: ``passes`` (any change for the worse is smaller), ``fails`` (it is larger), or
            ``unknown`` (the data cannot say; measure longer).
    """

    ratio: Estimate
    margin: float
    outcome: Literal["passes", "fails", "unknown"]


def non_inferiority(
    candidate: Estimate, baseline: Estimate, *, margin: float, lower_is_better: bool = True
) -> NonInferiority:
    """Hold a candidate's estimate against a baseline's, as a gate does.

    It passes where the whole interval of the ratio is on the good side of the margin, and fails
    where the whole of it is beyond (Blackwelder, *Proving the Null Hypothesis in Clinical
    Trials*, 1982). With intervals of level 0.95 each of the two errs at most once in 40 times;
    give estimates of level 0.9 for the usual once in 20.

    Raises:
        OutOfRange: ``margin`` is not above 0, or not under 1 for what should be high; as
        `run_ratio`.
    """
    positive(margin, name="margin")
    if not lower_is_better and margin >= 1:
        raise OutOfRange(
            f"a loss of {margin:g} times the baseline leaves nothing: margin is under 1"
        )
    ratio = run_ratio(candidate, baseline)
    low, high = ratio.interval.low, ratio.interval.high
    if lower_is_better:
        passes, fails = high <= 1 + margin, low > 1 + margin
    else:
        passes, fails = low >= 1 - margin, high < 1 - margin
    return NonInferiority(
        ratio=ratio,
        margin=margin,
        outcome="passes" if passes else "fails" if fails else "unknown",
    )


def _logarithm(estimate: Estimate) -> Estimate:
    positive(estimate.point, name="an estimate whose ratio is taken")
    low, high = estimate.interval.low, estimate.interval.high
    return Estimate(
        point=math.log(estimate.point),
        interval=Interval(
            low=math.log(low) if low > 0 else -math.inf,
            high=math.log(high),
            level=estimate.interval.level,
        ),
        standard_error=None,
        method=estimate.method,
        n=estimate.n,
    )


def _same_level(first: Estimate, second: Estimate) -> None:
    if first.interval.level != second.interval.level:
        raise LengthsDiffer(
            f"intervals of level {first.interval.level} and {second.interval.level}: "
            "make both at one level"
        )
