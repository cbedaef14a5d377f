"""A series that is too long to be held: it is made again, part by part, for each look at it.

What is found in it is what the whole array would give: order statistics are values of the series
itself, found by counting; sums differ by rounding alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.core.errors import EmptySample, NotFinite, OutOfRange
from modelforge.core.numbers import LARGEST
from modelforge.stats.quantiles import quantiles_of_sorted

Part = NDArray[np.float64]
Weights = NDArray[np.int32]

_BUCKET_BITS: Final = 17
_GATHERED: Final = 1 << 16
"""So many values are gathered and sorted; where more share a bucket, it is counted finer."""
_SIGN: Final = np.uint64(1 << 63)


class LongSeries:
    """Finite numbers in an order, of which a part is in memory at a time.

    Has what a one-dimensional array has, as far as it is needed: ``size``, ``mean``, ``min``,
    ``max``, and slices of step 1, which are series again.

    Args:
        parts: begins again from the front each time it is called, and gives the same parts.
        weights: of the values in each part: a value of weight 3 stands for three. Only `select`
            looks at them.

    Raises:
        EmptySample: there is no value. NotFinite, OutOfRange: as `sample` does.
    """

    def __init__(
        self,
        parts: Callable[[], Iterable[Part]],
        *,
        weights: Callable[[], Iterable[Weights]] | None = None,
    ) -> None:
        self._parts = parts
        self._weights = weights
        self._selected: dict[int, float] = {}
        self.size = 0
        self.total_weight = 0
        low, high, total = np.inf, -np.inf, 0.0
        for part, weight in self._weighted():
            if not part.size:
                continue
            lowest, highest = float(part.min()), float(part.max())
            if not (np.isfinite(lowest) and np.isfinite(highest)):
                raise NotFinite("values: not every one is a finite number")
            low, high = min(low, lowest), max(high, highest)
            self.size += part.size
            if weight is None:
                total += float(part.sum())
            else:
                self.total_weight += int(weight.sum(dtype=np.int64))
                total += float(np.einsum("i,i->", part, weight))
        if not self.size:
            raise EmptySample("values: there is not one value")
        if max(high, -low) > LARGEST:
            raise OutOfRange(f"values: a magnitude above {LARGEST:g} cannot be squared")
        self._low, self._high = low, high
        self.total_weight = self.total_weight or self.size
        self._mean = total / self.total_weight

    @classmethod
    def of(cls, values: Part) -> LongSeries:
        """One that is held after all."""
        return cls(lambda: (values,))

    def mean(self) -> float:
        """Of all values."""
        return self._mean

    def min(self) -> float:
        """The smallest."""
        return self._low

    def max(self) -> float:
        """The largest."""
        return self._high

    def parts(self) -> Iterator[Part]:
        """From the front again."""
        yield from self._parts()

    def __getitem__(self, place: slice) -> LongSeries:
        start, stop, _ = place.indices(self.size)

        def cut() -> Iterator[Part]:
            at = 0
            for part in self._parts():
                yield part[max(start - at, 0) : max(stop - at, 0)]
                at += part.size

        return LongSeries(cut)

    def mapped(self, change: Callable[[Part], Part]) -> LongSeries:
        """The series of changed values, as many."""
        return LongSeries(lambda: (change(part) for part in self._parts()))

    def held(self) -> Part:
        """All of it as an array, which is meant for a short slice."""
        return np.concatenate([part for part in self._parts() if part.size])

    def run_means(self, length: int, count: int, *, skipped: int = 0) -> Part:
        """The means of ``count`` runs of ``length`` neighbours, after ``skipped`` values."""
        runs = _Runs(length, count, skipped)
        for part in self._parts():
            runs.add(part)
        return runs.means()

    def shares_at_most(
        self, limits: Sequence[float], length: int, count: int, *, skipped: int
    ) -> list[tuple[Part, float]]:
        """For each limit: the share of values up to it in each of those runs, and in all."""
        runs = [_Runs(length, count, skipped) for _ in limits]
        below = [0] * len(limits)
        for part in self._parts():
            for place, limit in enumerate(limits):
                within = part <= limit
                below[place] += int(np.count_nonzero(within))
                runs[place].add(within.astype(np.float64))
        return [(run.means(), n / self.size) for run, n in zip(runs, below, strict=True)]

    def select(self, ranks: Iterable[int]) -> dict[int, float]:
        """The values at ``ranks``, from 0, of the series as it would be sorted.

        Each round counts the values in buckets of equally many representable numbers, the next
        one looks into the buckets that hold what is wanted: five rounds at most, whatever the
        values are, and mostly two.
        """
        wanted = sorted(set(ranks))
        found = {rank: self._selected[rank] for rank in wanted if rank in self._selected}
        missing = [rank for rank in wanted if rank not in found]
        if missing:
            self._look(missing, _Buckets(_key(self._low), _key(self._high)), 0, found)
            self._selected |= found
        return found

    def _weighted(self) -> Iterator[tuple[Part, Weights | None]]:
        if self._weights is None:
            yield from ((part, None) for part in self._parts())
        else:
            yield from zip(self._parts(), self._weights(), strict=True)

    def _look(
        self, ranks: Sequence[int], buckets: _Buckets, passed: int, found: dict[int, float]
    ) -> None:
        """Find ``ranks`` among what the buckets hold, before which ``passed`` values lie."""
        few: dict[int, _Held] = {}
        for bucket, held in self._holding(ranks, buckets, passed).items():
            if buckets.shift == 0:
                found |= dict.fromkeys(held.ranks, _value(buckets.first + bucket))
            elif held.count > _GATHERED:
                self._look(held.ranks, buckets.within(bucket), held.before, found)
            else:
                few[bucket] = held
        if few:
            self._gather(few, buckets, found)

    def _holding(self, ranks: Sequence[int], buckets: _Buckets, passed: int) -> dict[int, _Held]:
        """The buckets that hold ``ranks``, in their order."""
        counts = np.zeros(buckets.count, dtype=np.int64)
        for part, weight in self._weighted():
            places, rows = buckets.of(part)
            weights = None if weight is None else weight[rows]
            counts += np.bincount(places, weights, minlength=counts.size).astype(np.int64)
        reached = np.cumsum(counts)
        holding: dict[int, _Held] = {}
        places_of = np.searchsorted(reached, np.array(ranks) - passed, side="right").tolist()
        for rank, bucket in zip(ranks, places_of, strict=True):
            if bucket not in holding:
                count = int(counts[bucket])
                holding[bucket] = _Held(count, passed + int(reached[bucket]) - count, [])
            holding[bucket].ranks.append(rank)
        return holding

    def _gather(
        self, wanted: Mapping[int, _Held], buckets: _Buckets, found: dict[int, float]
    ) -> None:
        """Sort what the buckets ``wanted`` hold, and find their ranks."""
        chosen = np.zeros(buckets.count, dtype=np.bool_)
        chosen[list(wanted)] = True
        most = sum(held.count for held in wanted.values())  # just as many where nothing is weighted
        values, weights = np.empty(most), np.ones(most, dtype=np.int64)
        size = 0
        for part, weight in self._weighted():
            places, rows = buckets.of(part)
            of_these = chosen[places]
            end = size + int(np.count_nonzero(of_these))
            values[size:end] = part[rows][of_these]
            if weight is not None:
                weights[size:end] = weight[rows][of_these]
            size = end
        order = np.argsort(values[:size], kind="stable")
        reached = np.cumsum(weights[order])
        passed = 0
        for held in wanted.values():
            at = np.array(held.ranks) - held.before + passed
            places = np.searchsorted(reached, at, side="right")
            found |= zip(held.ranks, values[order[places]].tolist(), strict=True)
            passed += held.count


@dataclass(frozen=True, slots=True)
class _Held:
    """What a bucket holds: how many values, how many lie before, and the ranks it is asked for."""

    count: int
    before: int
    ranks: list[int]


def quantiles_of_series(series: LongSeries, qs: Sequence[float]) -> tuple[float | None, ...]:
    """`modelforge.stats.quantiles.quantiles_of_sorted` of a series in any order."""
    ordered = Ordered(series)
    ordered.fetch(int(q * (series.size - 1)) + more for q in qs for more in (0, 1))
    return quantiles_of_sorted(ordered, qs)


class Ordered:
    """A long series as if it were a sorted array: its size, and a value by its place."""

    def __init__(self, series: LongSeries) -> None:
        self._series = series
        self.size = series.size

    def __getitem__(self, place: int) -> float:
        rank = place + self.size if place < 0 else place
        return self._series.select((rank,))[rank]

    def fetch(self, places: Iterable[int]) -> None:
        """Find all of these at once: each look goes through the whole series."""
        self._series.select(min(max(place, 0), self.size - 1) for place in places)


class _Runs:
    """Sums of runs of equally many values that come in parts."""

    def __init__(self, length: int, count: int, skipped: int) -> None:
        self._length, self._at = length, -skipped
        self._sums = np.zeros(count)

    def add(self, part: Part) -> None:
        length, at = self._length, self._at
        self._at += part.size
        first, last = max(at, 0), min(self._at, length * self._sums.size)
        if first >= last:
            return
        runs = np.arange(first // length, (last - 1) // length + 1)
        starts = np.maximum(runs * length - first, 0)
        self._sums[runs] += np.add.reduceat(part[first - at : last - at], starts)

    def means(self) -> Part:
        return self._sums / self._length


def _keys(values: Part) -> NDArray[np.uint64]:
    """Whole numbers in the order of the values: the bits of IEEE 754, the negative ones turned."""
    bits = (values + 0.0).view(np.int64)  # the zero that is below zero is zero
    turned: NDArray[np.uint64] = np.where(bits < 0, ~bits, bits | np.int64(-(1 << 63))).view(
        np.uint64
    )
    return turned


def _key(value: float) -> int:
    return int(_keys(np.array([value]))[0])


def _value(key: int) -> float:
    bits = np.array([key], dtype=np.uint64)
    positive = key >> 63
    return float((bits ^ _SIGN if positive else ~bits).view(np.float64)[0])


class _Buckets:
    """The keys from ``first`` to ``last`` in at most 131,072 buckets of equally many keys."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self.shift = max((last - first).bit_length() - _BUCKET_BITS, 0)
        self.count = ((last - first) >> self.shift) + 1

    def within(self, bucket: int) -> _Buckets:
        """Finer ones, of one bucket."""
        first = self.first + (bucket << self.shift)
        return _Buckets(first, min(first + (1 << self.shift) - 1, self.last))

    def of(self, values: Part) -> tuple[NDArray[np.int64], NDArray[np.bool_] | slice]:
        """The bucket of each value that has one, and which of the values these are."""
        keys = _keys(values)
        inside = (keys >= np.uint64(self.first)) & (keys <= np.uint64(self.last))
        rows: NDArray[np.bool_] | slice = slice(None) if inside.all() else inside
        offsets = (keys[rows] - np.uint64(self.first)) >> np.uint64(self.shift)
        return offsets.astype(np.int64), rows
