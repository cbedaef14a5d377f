"""Everything that is said of one series of measurements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from modelforge.stats.autocorrelation import Autocorrelation
from modelforge.stats.estimate import Estimate
from modelforge.stats.outliers import Outliers, outliers
from modelforge.stats.sample import sample
from modelforge.stats.series import series_estimates
from modelforge.stats.stability import Stability, stability
from modelforge.stats.warm_up import WarmUp, warm_up


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesSummary:
    """A series' mean and quantiles with intervals, and what may speak against them.

    ``quantiles`` pairs each ``q`` with its estimate, in the order they were asked in.
    """

    mean: Estimate
    quantiles: tuple[tuple[float, Estimate], ...]
    autocorrelation: Autocorrelation
    warm_up: WarmUp
    stability: Stability
    outliers: Outliers


def summarise_series(
    values: ArrayLike,
    *,
    rng: np.random.Generator,
    qs: Iterable[float] = (0.5, 0.9, 0.95, 0.99, 0.999),
    level: float = 0.95,
) -> SeriesSummary:
    """All of it for values in the order they were measured in; nothing is left out of any figure.

    Raises:
        TooFewValues: fewer than two values; and what `sample` and `share` raise.
    """
    x = sample(values, at_least=2)
    qs = tuple(qs)
    estimates = series_estimates(x, qs, level=level)
    return SeriesSummary(
        mean=estimates.mean,
        quantiles=tuple(zip(qs, estimates.quantiles, strict=True)),
        autocorrelation=estimates.autocorrelation,
        warm_up=warm_up(x),
        stability=stability(x, rng=rng),
        outliers=outliers(x),
    )
