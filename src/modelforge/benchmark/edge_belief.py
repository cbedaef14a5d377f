"""Where the edge of a server's capacity is believed to lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from modelforge.benchmark.miss_shapes import Floats
from modelforge.stats.interval import Interval

_RESOLUTION: Final = 0.002
"""Between two places, in logarithms of the load."""
_MARGIN: Final = 0.5
"""Room for the blur below the lowest edge and above the highest, likewise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One that may be.

    Attributes:
        pressure: which pressure makes it miss, by its number.
        step: of that pressure's unit.
        shape: how its misses rise, by the number of `MissShapes`.
        edge: the highest load that it holds in the long run.
    """

    pressure: int
    step: int
    shape: int
    edge: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EdgeBelief:
    """A probability for each place where the edge may lie.

    Attributes:
        places: ascending loads, 0.2 % apart.
        weights: how probable each is; they add up to 1.
        servers: some that stand for all that may be, each for as much of the belief.
        spread: how many times as far as those of independent requests the misses are from what
            was to be expected of them, squared.
    """

    places: Floats
    weights: Floats
    servers: Sequence[Server]
    spread: float

    def at(self, share: float) -> float:
        """The load below which ``share`` of the belief lies."""
        place = int(np.searchsorted(np.cumsum(self.weights), share))
        return float(self.places[min(place, self.places.size - 1)])

    def interval(self, level: float) -> Interval:
        """The central part of the belief, ``level`` of it."""
        rest = (1 - level) / 2
        return Interval(low=self.at(rest), high=self.at(1 - rest), level=level)


class EdgePlaces:
    """Sorts edges, given by their logarithms, into places that are 0.2 % apart."""

    def __init__(self, log_edges: Floats) -> None:
        self._low = float(log_edges.min()) - _MARGIN
        self._places = ((log_edges.ravel() - self._low) / _RESOLUTION).round().astype(np.intp)
        self._size = int(self._places.max()) + round(_MARGIN / _RESOLUTION)

    def log_median(self, weights: Floats) -> float:
        """The logarithm of the edge in the middle of ``weights``, of which each edge has one."""
        sums = np.cumsum(np.bincount(self._places, weights.ravel()))
        return self._low + _RESOLUTION * float(np.searchsorted(sums, sums[-1] / 2))

    def blurred(self, weights: Floats, blur: float) -> tuple[Floats, Floats]:
        """The places and the weight of each, were every edge uncertain by a share of ``blur``."""
        counts = np.bincount(self._places, weights.ravel(), minlength=self._size)
        reach = min(math.ceil(3 * blur / _RESOLUTION), self._size // 2 - 1)
        offsets = np.arange(-reach, reach + 1) * _RESOLUTION
        blurred = np.convolve(counts, np.exp(-((offsets / blur) ** 2) / 2), mode="same")
        places: Floats = np.exp(self._low + _RESOLUTION * np.arange(counts.size))
        return places, blurred / blurred.sum()
