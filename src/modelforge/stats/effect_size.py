"""How large a difference is beside the spread it is seen in."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from modelforge.core.errors import ConstantSample
from modelforge.stats.sample import sample


def standardised_difference(differences: ArrayLike) -> float:
    """The mean paired difference in its standard deviations, unbiased (Hedges, 1981).

    0.2 is called small, 0.5 medium and 0.8 large (Cohen, 1988).

    Raises:
        ConstantSample: all differences are equal and not 0: there is no spread to measure in.
        TooFewValues: fewer than two; and what `sample` raises.
    """
    d = sample(differences, name="differences", at_least=2)
    spread = float(d.std(ddof=1))
    if np.ptp(d) == 0 or spread == 0:
        if d[0] == 0:
            return 0.0
        raise ConstantSample(f"all {d.size} differences are {d[0]}: their spread is 0")
    if d.size == 2:  # noqa: PLR2004 (the correction's gamma function has a pole there)
        return float(d.mean()) / spread
    logarithm = math.lgamma((d.size - 1) / 2) - math.lgamma((d.size - 2) / 2)
    correction = math.exp(logarithm) / math.sqrt((d.size - 1) / 2)
    return correction * float(d.mean()) / spread
