"""How the probability to miss a limit may rise with the pressure on a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LIMITS: Final = np.exp(np.arange(np.log(0.2), np.log(3e4), 0.05))
"""From a fifth of a request to 30,000, 5 % apart."""
_SOFTNESSES: Final = (0.003, 0.03, 0.1, 0.2, 0.4)
_FLOORS: Final = (0.02, 0.2, 0.4, 0.6, 0.8)
"""As parts of what may miss."""
_CEILING: Final = 0.999
"""Short of 1, so that a single request which met its limits far beyond them refutes no shape."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MissShapes:
    """Curves that rise from a floor to 0.999. A shape is one of each array: all have one length.

    Attributes:
        limits: the pressure at which half of those that could miss do.
        softnesses: over which part of the limit the curve rises; near 0 it is a step.
        floors: how many miss without any pressure.
        weights: how probable each is beforehand: the less, the nearer its floor is to what may
            miss, where it takes no queue to miss the objective.
    """

    limits: Floats
    softnesses: Floats
    floors: Floats
    weights: Floats

    @classmethod
    def around(cls, allowed: float) -> MissShapes:
        """All shapes that are told apart, where a load may miss ``allowed``."""
        columns = np.meshgrid(_LIMITS, _SOFTNESSES, _FLOORS, indexing="ij")
        limits, softnesses, floors = (column.ravel() for column in columns)
        weights = (1 - floors) ** 2
        return cls(
            limits=limits,
            softnesses=softnesses,
            floors=floors * allowed,
            weights=weights / weights.sum(),
        )

    def taken(self, shape: int) -> MissShapes:
        """One of them."""
        return MissShapes(
            limits=self.limits[[shape]],
            softnesses=self.softnesses[[shape]],
            floors=self.floors[[shape]],
            weights=np.ones(1),
        )

    def missing(self, pressures: Floats) -> Floats:
        """How probable it is to miss, a row for each pressure and a column for each shape.

        A log-logistic curve between the floor and 0.999: it rises as
        ``1 / (1 + (limit / pressure) ** (1 / softness))``.
        """
        with np.errstate(divide="ignore"):
            steep = (np.log(self.limits) - np.log(pressures)[:, np.newaxis]) / self.softnesses
        rising = 1 / (1 + np.exp(np.clip(steep, -700, 700)))
        missing: Floats = self.floors + (_CEILING - self.floors) * rising
        return missing

    def reaching(self, allowed: float) -> Floats:
        """At which pressure each shape misses ``allowed``, which is above its floor."""
        share = (allowed - self.floors) / (_CEILING - self.floors)
        pressures: Floats = self.limits * (share / (1 - share)) ** self.softnesses
        return pressures
