"""A judge's many verdicts, corrected by a few human labels."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from modelforge.stats.distributions import t_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.interval import Interval
from modelforge.stats.mean import constant
from modelforge.stats.sample import paired, sample, share


def prediction_powered_mean(
    human: ArrayLike, judged: ArrayLike, judged_alone: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """The mean that humans would give to all, of few they labelled and many a judge scored.

    ``human`` and ``judged`` are scores of the same answers in the same order; ``judged_alone`` are
    the judge's of other answers, drawn from the same prompts. The estimate is the humans' mean
    plus ``w`` times what the judge says the others differ by, with the ``w`` of least variance: a
    judge without worth has none, and one that is off by the same everywhere does no harm
    (Angelopoulos, Duchi and Zrnic, *PPI++: Efficient Prediction-Powered Inference*, 2023).

    Raises:
        LengthsDiffer: not one judged score for each human one. TooFewValues: fewer than two of
        any. And what `sample` and `share` raise.
    """
    y, f = paired(human, judged)
    g = sample(judged_alone, name="the judge's other scores", at_least=2)
    share(level, name="level")
    weight = 0.0
    spread = float(np.concatenate((f, g)).var(ddof=1))
    if spread > 0:
        together = float(((y - y.mean()) * (f - f.mean())).sum()) / (y.size - 1)
        weight = min(max(together / spread / (1 + y.size / g.size), 0.0), 1.0)
    rest = y - weight * f
    point = float(rest.mean()) + weight * float(g.mean())
    error = math.sqrt(float(rest.var(ddof=1)) / y.size + weight**2 * float(g.var(ddof=1)) / g.size)
    if error == 0:
        return constant(point, n=y.size + g.size, level=level)
    reach = t_quantile((1 + level) / 2, y.size - 1) * error
    return Estimate(
        point=point,
        interval=Interval(low=point - reach, high=point + reach, level=level),
        standard_error=error,
        method=f"prediction-powered: {y.size} human labels, {g.size} judged, weight {weight:.2f}",
        n=y.size + g.size,
    )
