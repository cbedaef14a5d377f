"""When requests are due."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice, pairwise, takewhile
from typing import Protocol

from modelforge.benchmark.gaps import GapKind, Gaps
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between, require_count

LEAST_RATE = 1e-6
MOST_RATE = 1e9


def require_rate(rate: float, *, zero: bool = False) -> None:
    """Refuse a rate that is not from 1e-6 to 1e9 requests a second; 0 where it is allowed.

    Raises:
        UsageError: it is one.
    """
    if not (zero and rate == 0):
        require_between("the rate in requests/s", rate, LEAST_RATE, MOST_RATE)


class Arrivals(Protocol):
    """One process of arrivals, however many workers share it."""

    @property
    def finite(self) -> bool:
        """Whether the arrivals end by themselves."""

    @property
    def description(self) -> str:
        """What they are, in a few words for a report."""

    def due_s(self, seed: int) -> Iterator[float]:
        """Seconds from the start, not decreasing; the same for the same seed.

        Raises:
            UsageError: ``seed`` is negative.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """``rate`` requests a second, evenly: request k is due at k / rate.

    Raises:
        UsageError: the rate is not from 1e-6 to 1e9.
    """

    rate: float

    def __post_init__(self) -> None:
        require_rate(self.rate)

    @property
    def finite(self) -> bool:
        return False

    @property
    def description(self) -> str:
        return f"constant, {self.rate:g} requests/s"

    def due_s(self, seed: int) -> Iterator[float]:
        require_count("the seed", seed, 0)
        rate = self.rate
        return (index / rate for index in count())


@dataclass(frozen=True, kw_only=True, slots=True)
class Poisson:
    """``rate`` requests a second on average, each independent of all others.

    Gaps are exponential with mean 1 / rate; the counts of intervals are Poisson.

    Raises:
        UsageError: the rate is not from 1e-6 to 1e9.
    """

    rate: float

    def __post_init__(self) -> None:
        require_rate(self.rate)

    @property
    def finite(self) -> bool:
        return False

    @property
    def description(self) -> str:
        return f"Poisson, {self.rate:g} requests/s"

    def due_s(self, seed: int) -> Iterator[float]:
        return _at_rate(Gaps(kind="poisson"), self.rate, seed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gamma:
    """``rate`` requests a second on average, in bursts or more regular than Poisson's.

    Gaps are gamma with shape ``burstiness`` and mean 1 / rate: their coefficient of variation is
    1 / √burstiness. In long intervals the variance of the count is its mean / burstiness. 1 is
    Poisson, less comes in bursts.

    Raises:
        UsageError: the rate is not from 1e-6 to 1e9, the burstiness not from 0.001 to 1e6.
    """

    rate: float
    burstiness: float

    def __post_init__(self) -> None:
        require_rate(self.rate)
        Gaps(kind="gamma", burstiness=self.burstiness)

    @property
    def finite(self) -> bool:
        return False

    @property
    def description(self) -> str:
        return f"gamma, {self.rate:g} requests/s, burstiness {self.burstiness:g}"

    def due_s(self, seed: int) -> Iterator[float]:
        return _at_rate(Gaps(kind="gamma", burstiness=self.burstiness), self.rate, seed)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """Requests at moments that were recorded, ``speed_up`` times as fast.

    ``times_s`` are seconds from the recording's start. The arrivals end with the recording.

    Raises:
        UsageError: there is no time, one is negative, infinite or before its predecessor, or the
            speed-up is not from 1e-6 to 1e6.
    """

    times_s: tuple[float, ...] = field(repr=False)
    speed_up: float = 1.0

    def __post_init__(self) -> None:
        if not self.times_s:
            raise UsageError("a trace needs at least one request")
        require_between("the speed-up", self.speed_up, 1e-6, 1e6)
        if not all(0 <= time_s < math.inf for time_s in self.times_s):
            raise UsageError("a trace's times must be 0 s or more and finite")
        if any(later < earlier for earlier, later in pairwise(self.times_s)):
            raise UsageError("a trace's times must not decrease")

    @property
    def finite(self) -> bool:
        return True

    @property
    def description(self) -> str:
        last_s = self.times_s[-1] / self.speed_up
        return f"trace, {len(self.times_s)} requests in {last_s:g} s, speed-up {self.speed_up:g}"

    def due_s(self, seed: int) -> Iterator[float]:
        require_count("the seed", seed, 0)
        speed_up = self.speed_up
        return (time_s / speed_up for time_s in self.times_s)


def arrivals_at(rate: float, kind: GapKind, *, burstiness: float = 1.0) -> Arrivals:
    """Arrivals of a constant rate by the name of their gaps.

    Raises:
        UsageError: the rate or the burstiness is out of range, the kind is unknown, or it has no
            burstiness.
    """
    match Gaps(kind=kind, burstiness=burstiness).kind:
        case "constant":
            return Constant(rate=rate)
        case "poisson":
            return Poisson(rate=rate)
        case "gamma":
            return Gamma(rate=rate, burstiness=burstiness)


def share(due_s: Iterator[float], *, worker: int, workers: int) -> Iterator[tuple[int, float]]:
    """The arrivals of one of several workers: those k with k % workers == worker.

    Yields (index over the whole run, due in seconds). All workers together take each arrival of
    the one process exactly once.

    Raises:
        UsageError: ``workers`` is below 1, or ``worker`` is not from 0 to ``workers`` - 1.
    """
    require_worker(worker, workers)
    return islice(enumerate(due_s), worker, None, workers)


def require_worker(worker: int, workers: int) -> None:
    """Refuse a worker that is none of ``workers``, counted from 0.

    Raises:
        UsageError: it is one.
    """
    require_count("the number of workers", workers, 1)
    require_count("the worker's number", worker, 0)
    if worker >= workers:
        raise UsageError(f"worker {worker} is none of {workers}: they are counted from 0")


def before(due_s: Iterator[float], end_s: float) -> Iterator[float]:
    """The arrivals that are due before ``end_s``."""
    return takewhile(float(end_s).__gt__, due_s)


def _at_rate(gaps: Gaps, rate: float, seed: int) -> Iterator[float]:
    return (due_s for block in gaps.positions(seed) for due_s in (block / rate).tolist())
