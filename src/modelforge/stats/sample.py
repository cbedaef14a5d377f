"""What every method asks of its numbers before it touches them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from modelforge.core.errors import (
    EmptySample,
    LengthsDiffer,
    NotFinite,
    OutOfRange,
    TooFewValues,
    UnusableSample,
)
from modelforge.core.numbers import LARGEST

_LEAST_SHARE = 1e-12
_MOST = 1_000_000_000
"""Nobody counts further, and the distributions of counts end there."""


def sample(values: ArrayLike, *, name: str = "values", at_least: int = 1) -> NDArray[np.float64]:
    """``values`` as a one-dimensional array of finite floats.

    Raises:
        EmptySample, TooFewValues: fewer than ``at_least`` values.
        NotFinite: NaN, an infinity, or something that is no number.
        OutOfRange: a magnitude above 1e120.
        UnusableSample: more than one dimension.
    """
    try:
        array: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as fault:
        raise NotFinite(f"{name}: not every value is a number ({fault})") from fault
    if array.ndim != 1:
        raise UnusableSample(f"{name}: one list of numbers is needed, not {array.ndim} dimensions")
    if array.size == 0:
        raise EmptySample(f"{name}: there is not one value")
    if array.size < at_least:
        raise TooFewValues(f"{name}: {array.size} values, and {at_least} are needed")
    finite = np.isfinite(array)
    if not finite.all():
        where = int(np.argmin(finite))
        raise NotFinite(f"{name}: value {where} is {array[where]}; leave out what was not measured")
    if max(float(array.max()), -float(array.min())) > LARGEST:
        raise OutOfRange(f"{name}: a magnitude above {LARGEST:g} cannot be squared")
    return array


def paired(
    first: ArrayLike, second: ArrayLike, *, at_least: int = 2
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two samples in the same order, as many in each.

    Raises:
        LengthsDiffer: when they are not; and everything `sample` raises.
    """
    a = sample(first, name="the first values", at_least=at_least)
    b = sample(second, name="the second values", at_least=at_least)
    if a.size != b.size:
        raise LengthsDiffer(f"pairs are needed: {a.size} first values and {b.size} second ones")
    return a, b


def passes(values: ArrayLike, *, name: str = "values") -> NDArray[np.bool_]:
    """Outcomes of pass (1, True) and fail (0, False) as booleans.

    Raises:
        OutOfRange: a value is neither; and everything `sample` raises.
    """
    array = sample(values, name=name)
    if not np.isin(array, (0.0, 1.0)).all():
        raise OutOfRange(f"{name}: pass is 1 and fail is 0; there is {array[array % 1 != 0][:1]}")
    return array.astype(np.bool_)


def share(value: float, *, name: str) -> float:
    """``value`` where it lies strictly between 0 and 1, by more than rounding makes.

    Raises:
        OutOfRange: when it does not, or is NaN.
    """
    if not _LEAST_SHARE <= value <= 1 - _LEAST_SHARE:
        raise OutOfRange(f"{name} must lie between 0 and 1 by 1e-12 and more, and is {value}")
    return float(value)


def positive(value: float, *, name: str) -> float:
    """``value`` where it is finite and above 0.

    Raises:
        OutOfRange: when it is not.
    """
    if not 0 < value <= LARGEST:
        raise OutOfRange(f"{name} must be above 0, and is {value}")
    return float(value)


def whole(value: float, *, name: str, at_least: int = 1) -> int:
    """``value`` where it is a whole number of ``at_least`` so many.

    Raises:
        OutOfRange: when it is not.
    """
    if not (at_least <= value <= _MOST and float(value).is_integer()):
        raise OutOfRange(
            f"{name} must be a whole number from {at_least} to {_MOST}, and is {value}"
        )
    return int(value)


def groups(labels: Any, *, n: int) -> tuple[NDArray[np.intp], int]:
    """The number of each value's cluster, from 0, and how many clusters there are.

    Raises:
        LengthsDiffer: when there is not one label for each of the ``n`` values.
        TooFewValues: fewer than two clusters.
    """
    listed = list(labels)
    if len(listed) != n:
        raise LengthsDiffer(f"{n} values and {len(listed)} cluster labels")
    numbers: dict[Any, int] = {}
    index = np.array([numbers.setdefault(label, len(numbers)) for label in listed], dtype=np.intp)
    if len(numbers) < 2:  # noqa: PLR2004 (one cluster has no spread between clusters)
        raise TooFewValues("all values are of one cluster, and two are needed for its spread")
    return index, len(numbers)
