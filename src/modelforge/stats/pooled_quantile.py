"""Quantiles over values that come in histograms, one for each stretch of time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from modelforge.core.errors import TooFewValues
from modelforge.stats.distributions import t_quantile
from modelforge.stats.estimate import Estimate
from modelforge.stats.histogram import LogHistogram
from modelforge.stats.interval import Interval
from modelforge.stats.sample import share

FEWEST = 8


def pooled_quantiles(
    parts: Sequence[LogHistogram], qs: Sequence[float], *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """The quantiles ``qs`` of all values of ``parts`` together, each part a stretch of time.

    The share of values below the quantile differs from part to part, and that is its error, as of
    a ratio (Cochran, *Sampling Techniques*, 1977, chapter 6), but never under that of as many
    independent values; the ends are the quantiles of the shares at Student's t either way
    (Woodruff, 1952). An end is infinite where the shares reach beyond 0 or 1.

    Raises:
        TooFewValues: fewer than eight parts hold anything. OutOfRange: ``level`` or a quantile is
        not between 0 and 1.
    """
    share(level, name="level")
    held = [part for part in parts if part.count]
    if len(held) < FEWEST:
        raise TooFewValues(f"{len(held)} stretches of time, and {FEWEST} are needed")
    together = LogHistogram()
    for part in held:
        together += part
    return tuple(_quantile(held, together, share(q, name="q"), level) for q in qs)


def _quantile(
    parts: Sequence[LogHistogram], together: LogHistogram, q: float, level: float
) -> Estimate:
    n, count = together.count, len(parts)
    point = together.quantile(q) or 0.0
    below = [part.count_at_most(point) for part in parts]
    shared = sum(below) / n
    squares = sum((low - shared * part.count) ** 2 for low, part in zip(below, parts, strict=True))
    error = math.sqrt(count / (count - 1) * squares) / n
    error = max(error, math.sqrt(q * (1 - q) / n))
    reach = t_quantile((1 + level) / 2, count - 1) * error
    low = together.quantile(q - reach) if q - reach > 0 else None
    high = together.quantile(q + reach) if q + reach < 1 else None
    ends = (-math.inf if low is None else low, math.inf if high is None else high)
    bounded = math.isfinite(ends[0]) and math.isfinite(ends[1])
    return Estimate(
        point=point,
        interval=Interval(low=ends[0], high=ends[1], level=level),
        standard_error=(ends[1] - ends[0]) / (2 * reach / error) if bounded else None,
        method=f"{count} stretches of time" + ("" if bounded else "; too few values for both ends"),
        n=n,
    )
