"""Several tests at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from modelforge.core.errors import OutOfRange
from modelforge.stats.sample import sample


def holm(p_values: ArrayLike) -> tuple[float, ...]:
    """Adjusted p values, in order: rejecting those up to 5 % errs at all once in 20 times.

    Holm, *A Simple Sequentially Rejective Multiple Test Procedure* (1979); never more than
    Bonferroni's.

    Raises:
        OutOfRange: a value is not within 0 and 1; and what `sample` raises.
    """
    p = sample(p_values, name="p values")
    if p.min() < 0 or p.max() > 1:
        raise OutOfRange(f"p values lie within 0 and 1; there are {p.min()} and {p.max()}")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)), 1.0)
    return tuple(adjusted.tolist())
