"""Ratios by their logarithms, in which a half and the double are as far from nothing."""

from __future__ import annotations

import math
from typing import Final

_MOST: Final = 700.0
"""The exponential of more is hardly a float, or none."""


def ratio_of(logarithm: float) -> float:
    """The ratio with that natural logarithm; infinite where it is too large for a float."""
    return math.inf if logarithm > _MOST else math.exp(logarithm)
