"""Quantiles by one named method: type 7 of Hyndman and Fan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol, SupportsFloat

import numpy as np
from numpy.typing import ArrayLike

METHOD: Final = "hyndman-fan-7"
"""What is between two neighbouring values is interpolated linearly: the quantile ``q`` of ``n``
sorted values stands at ``q * (n - 1)``, counted from 0 (R. J. Hyndman and Y. Fan, Sample Quantiles
in Statistical Packages, 1996; the default of numpy, R and Excel)."""


def quantile(values: ArrayLike, q: float) -> float | None:
    """The quantile ``q`` (0 to 1) of ``values``, in any order; None of nothing.

    Raises:
        ValueError: ``q`` is not within 0 and 1, or a value is not a number.
    """
    array = np.array(values, dtype=np.float64).reshape(-1)
    array.sort()
    return quantiles_of_sorted(array, (q,))[0]


class Sorted(Protocol):
    """What a sorted array has, as far as it is asked for."""

    @property
    def size(self) -> int:
        """How many values there are."""
        ...

    def __getitem__(self, place: int, /) -> SupportsFloat:
        """A value by its place; -1 is the last."""
        ...


def quantiles_of_sorted(values: Sorted, qs: Sequence[float]) -> tuple[float | None, ...]:
    """The quantiles ``qs`` of ``values``, which ascend; each None of nothing.

    Raises:
        ValueError: one of ``qs`` is not within 0 and 1, or a value is not a number.
    """
    for q in qs:
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile is asked between 0 and 1, not at {q}")
    if not values.size:
        return tuple(None for _ in qs)
    if math.isnan(values[-1]):  # numbers sort before it
        raise ValueError("a value is not a number: leave out what was not measured")
    return tuple(_at(values, q * (values.size - 1)) for q in qs)


def _at(values: Sorted, place: float) -> float:
    below = int(place)
    low = float(values[below])
    if place == below:
        return low
    high = float(values[below + 1])
    return low + (high - low) * (place - below) if high > low else low
