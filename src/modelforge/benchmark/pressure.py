"""What stands before a request: the backlog of an open loop, the clients of a closed one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.load import OpenLoop
from modelforge.benchmark.miss_shapes import MissShapes

Floats = NDArray[np.float64]

FINE: Final = 0.005
"""Drains differ by a half percent."""

_PLACES: Final = 300
_SCALE: Final = _PLACES / math.log1p(1e5)
_MANY: Final = 300_000
_SETTLING: Final = 2_000
_SEED: Final = 1
_TAIL: Final = 0.02
_USES: Final = np.concatenate((np.arange(0.02, 0.9, 0.02), 1 - 0.1 * 0.9 ** np.arange(50)))
_WIDER: Final = 2.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tried:
    """The requests of one load, by when they were due.

    Attributes:
        value: the load's number.
        due_s: seconds from the start of the load, not decreasing.
        missed: which of them did not meet the limits.
    """

    value: float
    due_s: Floats
    missed: NDArray[np.bool_]


class Pressure(Protocol):
    """How hard a load presses on a server, as far as the load alone tells.

    It is counted in units of what the server drains, ``exp(FINE * step)``, of which only the whole
    ``step`` is named.
    """

    def steps(self, tried: Sequence[Tried]) -> range:
        """Which drains there may be."""

    def of(self, value: float, due_s: Floats, step: int) -> Floats:
        """The pressure on each request of a load."""

    def foreseen(self, value: float, duration_s: float, tried: Sequence[Tried]) -> Floats:
        """When the requests of a load would be due."""

    def edges(self, shapes: MissShapes, allowed: float) -> Floats:
        """For each shape the highest load that misses no more than ``allowed`` in the long run.

        It is in units of the drain, of an open loop at least 0.02 and at most 1.
        """


class Backlog:
    """Requests ahead of each request, in a queue that drains a steady number of them a second.

    The queue is a leaky bucket: empty at the start, filled by each arrival, drained for as long as
    anything is in it (Lindley, *The theory of queues with a single server*, 1952). It is what a
    client can know of a server's queue, and it knows much: the arrivals are its own, so that their
    crowds, most of the luck in a run of random arrivals, are no noise. Nor is the beginning.

    Args:
        axis: of rates.
    """

    def __init__(self, axis: Axis) -> None:
        self._axis = axis

    def steps(self, tried: Sequence[Tried]) -> range:
        low = min(one.value for one in tried) / _WIDER
        high = max(one.value for one in tried) * _WIDER
        return range(math.floor(math.log(low) / FINE), math.ceil(math.log(high) / FINE) + 1)

    def of(self, value: float, due_s: Floats, step: int) -> Floats:
        return backlog(due_s * math.exp(FINE * step))

    def foreseen(self, value: float, duration_s: float, tried: Sequence[Tried]) -> Floats:
        return self._arrivals(max(1, round(value * duration_s))) / value

    def edges(self, shapes: MissShapes, allowed: float) -> Floats:
        missed = np.maximum.accumulate(self._long_runs @ shapes.missing(PLACES), axis=0)
        return _crossings(missed, allowed)

    @cached_property
    def _long_runs(self) -> Floats:
        """How often each place is met, by how much of the drain is used."""
        arrivals = self._arrivals(_MANY)
        return np.array([_long_run(arrivals / use) for use in _USES])

    def _arrivals(self, count: int) -> Floats:
        """The moments of so many arrivals, one a second."""
        load = self._axis.make(1.0)
        if not isinstance(load, OpenLoop):
            raise TypeError(f"{load.description} has no arrivals of its own")
        return np.fromiter(islice(load.arrivals.due_s(_SEED), count), np.float64)


class Clients:
    """The number of clients, which a closed loop keeps the same."""

    def steps(self, tried: Sequence[Tried]) -> range:
        return range(-4, 5)

    def of(self, value: float, due_s: Floats, step: int) -> Floats:
        return np.full(due_s.size, value / math.exp(FINE * step))

    def foreseen(self, value: float, duration_s: float, tried: Sequence[Tried]) -> Floats:
        return min(tried, key=lambda one: abs(math.log(one.value / value))).due_s

    def edges(self, shapes: MissShapes, allowed: float) -> Floats:
        return shapes.reaching(allowed)


PLACES: Final[Floats] = np.expm1((np.arange(_PLACES) + 0.5) / _SCALE)
"""The pressures that are told apart where there are many."""


def places_of(pressures: Floats) -> NDArray[np.intp]:
    """Which of ``PLACES`` each pressure is nearest to."""
    return np.minimum((np.log1p(pressures) * _SCALE).astype(np.intp), _PLACES - 1)


def backlog(due: Floats) -> Floats:
    """How many are ahead of each, before it is added, where one is drained per unit of time."""
    free = np.arange(due.size) - due
    ahead: Floats = free - np.minimum.accumulate(free)
    return ahead


def _long_run(due: Floats) -> Floats:
    """How often each place is met, the beginning left out.

    Beyond the 98th percentile it is taken to fall exponentially, as the wait in a queue does
    (Asmussen, *Applied Probability and Queues*, 2003, chapter XIII): the rare end is what a p99.9
    is made of, and a simulation's is rough.
    """
    ahead = backlog(due)[_SETTLING:]
    met = np.bincount(places_of(ahead), minlength=_PLACES) / ahead.size
    start = float(np.quantile(ahead, 1 - _TAIL))
    beyond = ahead[ahead > start] - start
    if not beyond.size:
        return met
    first = int(places_of(np.array([start]))[0]) + 1
    ends = np.expm1(np.arange(first, _PLACES + 1) / _SCALE)
    left = beyond.size / ahead.size * np.exp(-(ends - start) / beyond.mean())
    met[first:] = left[:-1] - left[1:]
    return met


def _crossings(missed: Floats, allowed: float) -> Floats:
    """Where each column of ``missed``, which rise with ``_USES``, passes ``allowed``."""
    above = missed > allowed
    place = np.where(above.any(axis=0), above.argmax(axis=0), len(_USES))
    upper = np.clip(place, 1, len(_USES) - 1)
    column = np.arange(missed.shape[1])
    low, high = (np.log(np.maximum(missed[at, column], 1e-300)) for at in (upper - 1, upper))
    share = np.clip((math.log(allowed) - low) / np.maximum(high - low, 1e-12), 0, 1)
    edges: Floats = _USES[upper - 1] + share * (_USES[upper] - _USES[upper - 1])
    edges[place == len(_USES)] = 1.0
    edges[place == 0] = _USES[0]
    return edges
