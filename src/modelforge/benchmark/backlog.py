"""The backlog that a load's arrivals make, in a queue that drains at a steady rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.load import OpenLoop
from modelforge.benchmark.miss_shapes import Floats, MissShapes
from modelforge.benchmark.pressure import FINE, Tried

_PLACES: Final = 300
_SCALE: Final = _PLACES / math.log1p(1e5)  # the last place begins near a backlog of 100,000
_AT: Final[Floats] = np.expm1((np.arange(_PLACES) + 0.5) / _SCALE)
"""The backlogs that are told apart, so that thousands of requests are one short histogram."""

_MANY: Final = 300_000
_SETTLING: Final = 2_000
_SEED: Final = 1
"""The arrivals by which the steady state is simulated, and how many of the first do not count."""
_TAIL: Final = 0.02
"""The share of the longest backlogs that are taken from a law and not from the simulation."""
_USES: Final = np.concatenate((np.arange(0.02, 0.9, 0.02), 1 - 0.1 * 0.9 ** np.arange(50)))
"""The parts of the drain that arrivals may use: evenly to 0.9, then ever closer towards 1."""
_WIDER: Final = 2.0
"""The drain may be so many times slower than the lowest load tried, or faster than the highest."""
_AT_ONCE: Final = 200_000
"""Multiplications of one product: of more, OpenBLAS makes threads that wait for each other."""


class Backlog:
    """Requests ahead of each request, where so many are drained a second; fills `Pressure`.

    The queue is a leaky bucket: empty at the start, filled by each arrival, drained for as long as
    anything is in it (Lindley, *The theory of queues with a single server*, 1952). It is what a
    client can know of a server's queue, and it knows much: the arrivals are its own, so that their
    crowds, most of the luck in a run of random arrivals, are no noise. Nor is the beginning.

    Args:
        axis: of rates.
        shapes: how the misses may rise with the backlog.
        allowed: the share that may miss.
    """

    def __init__(self, axis: Axis, shapes: MissShapes, allowed: float) -> None:
        self._axis = axis
        missing = shapes.missing(_AT)
        self._log_missed = np.log(missing).astype(np.float32)
        self._log_met = np.log1p(-missing).astype(np.float32)
        self._counts: dict[tuple[Tried, int], Floats] = {}
        arrivals = self._arrivals(_MANY)
        long_runs = np.array([_long_run(arrivals / use) for use in _USES])
        self.log_edges: Floats = np.log(_crossings(long_runs @ missing, allowed))

    def steps(self, tried: Sequence[Tried]) -> range:
        low = min(one.value for one in tried) / _WIDER
        high = max(one.value for one in tried) * _WIDER
        return range(math.floor(math.log(low) / FINE), math.ceil(math.log(high) / FINE) + 1)

    def of(self, value: float, due_s: Floats, step: int) -> Floats:  # noqa: ARG002 (a `Pressure`)
        return backlog(due_s * math.exp(FINE * step))

    def foreseen(
        self,
        value: float,
        duration_s: float,
        tried: Sequence[Tried],  # noqa: ARG002 (a `Pressure`)
    ) -> Floats:
        return self._arrivals(max(1, round(value * duration_s))) / value

    def log_likelihood(
        self, tried: Sequence[Tried], counting: Sequence[float], steps: range
    ) -> Floats:
        counts = np.zeros((2, len(steps), _PLACES))
        for one, weight in zip(tried, counting, strict=True):
            for row, step in enumerate(steps):
                if (one, step) not in self._counts:
                    ahead = self.of(one.value, one.due_s, step)
                    self._counts[one, step] = _counted(ahead, one.missed)
                counts[:, row] += weight * self._counts[one, step]
        likelihood = np.zeros((len(steps), self.log_edges.size))
        for kind, logarithms in zip(counts, (self._log_met, self._log_missed), strict=True):
            used = np.flatnonzero(kind.any(axis=0))
            few, many = kind[:, used].astype(np.float32), logarithms[used]
            width = max(1, _AT_ONCE // max(1, few.size))
            for first in range(0, many.shape[1], width):
                likelihood[:, first : first + width] += few @ many[:, first : first + width]
        return likelihood

    def _arrivals(self, count: int) -> Floats:
        """The moments of so many arrivals, one a second."""
        load = self._axis.make(1.0)
        if not isinstance(load, OpenLoop):
            raise TypeError(f"{load.description} has no arrivals of its own")
        return np.fromiter(islice(load.arrivals.due_s(_SEED), count), np.float64)


def backlog(due: Floats) -> Floats:
    """How many are ahead of each, before it is added, where one is drained per unit of time."""
    free = np.arange(due.size) - due
    ahead: Floats = free - np.minimum.accumulate(free)
    return ahead


def _places_of(ahead: Floats) -> NDArray[np.intp]:
    return np.minimum((np.log1p(ahead) * _SCALE).astype(np.intp), _PLACES - 1)


def _counted(ahead: Floats, missed: NDArray[np.bool_]) -> Floats:
    """How many met and how many missed the limits, by their place."""
    places = _places_of(ahead) + _PLACES * missed
    return np.bincount(places, minlength=2 * _PLACES).reshape(2, _PLACES).astype(np.float64)


def _long_run(due: Floats) -> Floats:
    """How often each place is met in the steady state.

    Beyond the 98th percentile it is taken to fall exponentially, as the wait in a queue does
    (Asmussen, *Applied Probability and Queues*, 2003, chapter XIII): the rare end is what a p99.9
    is made of, and a simulation's is rough.
    """
    ahead = backlog(due)[_SETTLING:]
    met = np.bincount(_places_of(ahead), minlength=_PLACES) / ahead.size
    start = float(np.quantile(ahead, 1 - _TAIL))
    beyond = ahead[ahead > start] - start
    if not beyond.size:
        return met
    first = int(_places_of(np.array([start]))[0]) + 1
    ends = np.expm1(np.arange(first, _PLACES + 1) / _SCALE)
    left = beyond.size / ahead.size * np.exp(-(ends - start) / beyond.mean())
    met[first:] = left[:-1] - left[1:]
    return met


def _crossings(missed: Floats, allowed: float) -> Floats:
    """How much of the drain may be used: where the columns of ``missed`` pass ``allowed``.

    Its rows are of ``_USES``; the answers are from 0.02 to 1.
    """
    rising = np.maximum.accumulate(missed, axis=0)
    above = rising > allowed
    place = np.where(above.any(axis=0), above.argmax(axis=0), len(_USES))
    upper = np.clip(place, 1, len(_USES) - 1)
    column = np.arange(missed.shape[1])
    low, high = (np.log(np.maximum(rising[at, column], 1e-300)) for at in (upper - 1, upper))
    share = np.clip((math.log(allowed) - low) / np.maximum(high - low, 1e-12), 0, 1)
    uses: Floats = _USES[upper - 1] + share * (_USES[upper] - _USES[upper - 1])
    uses[place == len(_USES)] = 1.0
    uses[place == 0] = _USES[0]
    return uses
