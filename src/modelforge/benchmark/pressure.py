"""How hard a load presses on a server: by its number, or by what it makes the server do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.miss_shapes import Floats, MissShapes

FINE: Final = 0.005
"""The units of pressure differ by a half percent."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tried:
    """The requests of one load, by when they were due.

    Attributes:
        value: the load's number.
        due_s: seconds after the first, not decreasing.
        missed: which of them did not meet the limits.
    """

    value: float
    due_s: Floats
    missed: NDArray[np.bool_]


class Pressure(Protocol):
    """What is told of a server from the load alone, in a unit that is to be found.

    The unit is ``exp(FINE * step)``, of which only the whole ``step`` is named.
    """

    @property
    def log_edges(self) -> Floats:
        """For each shape the highest load that holds in the long run, in the unit."""

    def steps(self, tried: Sequence[Tried]) -> range:
        """Which units there may be."""

    def of(self, value: float, due_s: Floats, step: int) -> Floats:
        """The pressure on each request of a load."""

    def foreseen(self, value: float, duration_s: float, tried: Sequence[Tried]) -> Floats:
        """When the requests of a load would be due."""

    def log_likelihood(
        self, tried: Sequence[Tried], counting: Sequence[float], steps: range
    ) -> Floats:
        """A row for each step and a column for each shape; each probe counts as is said."""


class Level:
    """The load itself: the number of clients, or the rate, whatever its arrivals.

    So it is in a closed loop, and in an open one where a limit is missed without a queue: by a
    time between tokens that grows with how many are answered together.
    """

    def __init__(self, shapes: MissShapes, allowed: float) -> None:
        self._shapes = shapes
        self.log_edges: Floats = np.log(shapes.reaching(allowed))

    def steps(self, tried: Sequence[Tried]) -> range:  # noqa: ARG002 (a `Pressure`)
        return range(-4, 5)

    def of(self, value: float, due_s: Floats, step: int) -> Floats:
        return np.full(due_s.size, value / math.exp(FINE * step))

    def foreseen(
        self,
        value: float,
        duration_s: float,  # noqa: ARG002 (a `Pressure`)
        tried: Sequence[Tried],
    ) -> Floats:
        return min(tried, key=lambda one: abs(math.log(one.value / value))).due_s

    def log_likelihood(
        self, tried: Sequence[Tried], counting: Sequence[float], steps: range
    ) -> Floats:
        values = np.array([one.value for one in tried])
        weights = np.array(counting)
        missed = weights * [int(one.missed.sum()) for one in tried]
        met = weights * [one.missed.size for one in tried] - missed
        rows = []
        for step in steps:
            missing = self._shapes.missing(values / math.exp(FINE * step))
            rows.append(missed @ np.log(missing) + met @ np.log1p(-missing))
        return np.array(rows)
