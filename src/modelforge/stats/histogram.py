"""A histogram of fixed relative precision that is merged without loss."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

RELATIVE_ERROR: Final = 2.0**-8
"""The most by which a quantile is off: 0.39 %. Half a bucket, over its lower edge."""

_FRACTION_BITS: Final = 52  # of a float64 (IEEE 754)
_SHIFT: Final = _FRACTION_BITS - 7  # a bucket: the exponent and the first 7 bits of the fraction
_FIRST_NORMAL: Final = 1 << 7
_LOW_BITS: Final = 26
_WHOLE: Final = 1 << 40  # of nanoseconds a quarter of an hour: so few of them ...
_FEW: Final = 1 << 23  # ... have a sum within 64 bits
_CHUNK: Final = 1 << 16  # cache-sized; sums of 2**16 halves of a significand are exact in float64


class UncountableValue(ValueError):
    """A value that no duration can have: negative, infinite or not a number."""


class LogHistogram:
    """Counts of non-negative numbers in buckets whose width grows with the value.

    Each power of two is cut into 128 equal buckets, read off the bits of the float64, so that the
    same value lands in the same bucket on every machine (the idea of HdrHistogram). Any quantile
    is within `RELATIVE_ERROR` of the one of the values themselves; count, sum, mean, smallest and
    largest are exact. Zero has a bucket of its own (with what is below 2.3e-308).

    Merging is exact too, hence associative and commutative.
    """

    __slots__ = ("_count", "_counts", "_largest", "_smallest", "_sum", "_zeros")

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._zeros = 0
        self._count = 0
        self._sum = Fraction(0)
        self._smallest: float | None = None
        self._largest: float | None = None

    @classmethod
    def of(cls, values: ArrayLike) -> Self:
        """The histogram of ``values``."""
        histogram = cls()
        histogram.add(values)
        return histogram

    def add(self, values: ArrayLike) -> None:
        """Count ``values``, any number of them: best many at once, a call takes some 50 µs, and
        whole numbers half the time of others.

        Raises:
            UncountableValue: one is negative, infinite or not a number; none was counted then.
        """
        given = np.asarray(values)
        array = np.ascontiguousarray(given, dtype=np.float64).reshape(-1)
        if not array.size:
            return
        smallest, largest = float(array.min()), float(array.max())
        if not (smallest >= 0 and largest < np.inf):
            bad = array[~((array >= 0) & (array < np.inf))][0]
            raise UncountableValue(f"cannot count {bad}: not a finite number of at least 0")
        whole = given.dtype == np.int64 and largest < _WHOLE and array.size < _FEW
        if whole:
            self._sum += int(given.sum())
        for start in range(0, array.size, _CHUNK):
            bits = np.abs(array[start : start + _CHUNK]).view(np.int64)
            if not whole:
                self._sum += _exact_sum(bits)
            self._count_bits(bits)
        self._count += array.size
        self._widen(abs(smallest), abs(largest))

    def add_zeros(self, count: int) -> None:
        """Count the value 0 so many times."""
        if count:
            self._zeros += count
            self._count += count
            self._widen(0.0, 0.0)

    def merge(self, other: LogHistogram) -> LogHistogram:
        """A new histogram, of the values of both; ``+`` is the same."""
        return self + other

    def __add__(self, other: LogHistogram) -> LogHistogram:
        merged = LogHistogram()
        for part in (self, other):
            for bucket, count in part._counts.items():
                merged._counts[bucket] = merged._counts.get(bucket, 0) + count
            merged._zeros += part._zeros
            merged._count += part._count
            merged._sum += part._sum
            merged._widen(part._smallest, part._largest)
        return merged

    @property
    def count(self) -> int:
        """How many values were counted."""
        return self._count

    @property
    def total(self) -> float:
        """Their sum, rounded once."""
        return float(self._sum)

    @property
    def mean(self) -> float | None:
        """Their mean, rounded once; None of nothing."""
        return float(self._sum / self._count) if self._count else None

    @property
    def smallest(self) -> float | None:
        """The smallest, exact; None of nothing."""
        return self._smallest

    @property
    def largest(self) -> float | None:
        """The largest, exact; None of nothing."""
        return self._largest

    def quantile(self, q: float) -> float | None:
        """The quantile of type 7, as `modelforge.stats.quantiles` has it, from the buckets.

        None of nothing. ``q`` of 0 and 1 are exact.

        Raises:
            ValueError: ``q`` is not within 0 and 1.
        """
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile is asked between 0 and 1, not at {q}")
        if self._smallest is None or self._largest is None:
            return None
        at = q * (self._count - 1)
        rank = int(at)
        low, high = self._at_rank(rank), self._at_rank(min(rank + 1, self._count - 1))
        value = low + (high - low) * (at - rank)
        return min(max(value, self._smallest), self._largest)

    def count_at_most(self, value: float) -> int:
        """How many values are at most ``value``, to the bucket that holds it: all of that."""
        if value < 0 or not self._count:
            return 0
        last = int(np.float64(value).view(np.int64)) >> _SHIFT
        return self._zeros + sum(count for b, count in self._counts.items() if b <= last)

    def to_dict(self) -> dict[str, Any]:
        """What JSON can carry: the buckets that hold something, and the exact sum as a string."""
        ordered = sorted(self._counts.items())
        return {
            "buckets": [bucket for bucket, _ in ordered],
            "counts": [count for _, count in ordered],
            "zeros": self._zeros,
            "sum": str(self._sum),
            "min": self._smallest,
            "max": self._largest,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The histogram that gave ``document`` (`to_dict`).

        Raises:
            ValueError: it is not one.
        """
        histogram = cls()
        try:
            pairs = zip(document["buckets"], document["counts"], strict=True)
            histogram._counts = {int(bucket): int(count) for bucket, count in pairs}
            histogram._zeros = int(document["zeros"])
            histogram._sum = Fraction(document["sum"])
            histogram._count = histogram._zeros + sum(histogram._counts.values())
            if histogram._count:
                histogram._widen(float(document["min"]), float(document["max"]))
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as cause:
            raise ValueError(f"not a histogram: {cause!r}") from cause
        return histogram

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LogHistogram):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"LogHistogram(count={self._count}, mean={self.mean}, largest={self._largest})"

    def _count_bits(self, bits: NDArray[np.int64]) -> None:
        buckets = bits >> _SHIFT
        normal = buckets[buckets >= _FIRST_NORMAL]  # zero is far from all else
        self._zeros += buckets.size - normal.size
        if not normal.size:
            return
        first = int(normal.min())
        counts = np.bincount(normal - first)
        for offset in np.flatnonzero(counts).tolist():
            bucket = first + offset
            self._counts[bucket] = self._counts.get(bucket, 0) + int(counts[offset])

    def _widen(self, smallest: float | None, largest: float | None) -> None:
        if smallest is not None and (self._smallest is None or smallest < self._smallest):
            self._smallest = smallest
        if largest is not None and (self._largest is None or largest > self._largest):
            self._largest = largest

    def _at_rank(self, rank: int) -> float:
        """The middle of the bucket that holds the value of that rank, from 0."""
        passed = self._zeros
        if rank < passed:
            return 0.0
        for bucket, count in sorted(self._counts.items()):
            passed += count
            if rank < passed:
                return _middle(bucket)
        return self._largest or 0.0


def _middle(bucket: int) -> float:
    bits = (bucket << _SHIFT) + (1 << (_SHIFT - 1))
    return float(np.int64(bits).view(np.float64))


def _exact_sum(bits: NDArray[np.int64]) -> Fraction:
    """The sum of non-negative float64 given as their bits: whole significands, by exponent."""
    exponents = bits >> _FRACTION_BITS
    first = int(exponents.min())
    significands = (bits & ((1 << _FRACTION_BITS) - 1)) | (
        np.minimum(exponents, 1) << _FRACTION_BITS  # the hidden bit, which subnormals lack
    )
    offsets = exponents - first
    high = np.bincount(offsets, weights=significands >> _LOW_BITS)
    low = np.bincount(offsets, weights=significands & ((1 << _LOW_BITS) - 1))
    total = 0
    for offset in np.flatnonzero(high + low).tolist():
        whole = (int(high[offset]) << _LOW_BITS) + int(low[offset])
        total += whole << (max(first + offset, 1) - 1)
    return Fraction(total, 1 << 1074)
