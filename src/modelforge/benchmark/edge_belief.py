"""Where the edge of a server's capacity is believed to lie, after the loads that were tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.miss_shapes import MissShapes
from modelforge.benchmark.pressure import FINE, PLACES, Floats, Pressure, Tried, places_of
from modelforge.stats.interval import Interval

_ROWS: Final = 60
_NEGLIGIBLE: Final = 9.0
_FAR: Final = 0.3
_SPREAD: Final = 4.0
_SPREAD_WORTH: Final = 2.0
_BLOCKS: Final = 4
_DRAWS: Final = 40
_RESOLUTION: Final = 0.002
_UNLIKE: Final = 0.01
"""A real server's edge is about as near as that to the edge of the server most like it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EdgeBelief:
    """A probability for each place where the edge may lie.

    Attributes:
        places: ascending loads, 0.2 % apart.
        weights: how probable each is; they add up to 1.
        draws: servers that stand for all that may be: each for as much of the belief. A row each:
            the step of its drain, and which shape it has; see `Pressure` and `MissShapes`.
        edges: of the draws.
        spread: how many times as far as those of independent requests the misses are from what
            was to be expected of them, squared.
    """

    places: Floats
    weights: Floats
    draws: NDArray[np.intp]
    edges: Floats
    spread: float

    def at(self, share: float) -> float:
        """The load below which ``share`` of the belief lies."""
        place = int(np.searchsorted(np.cumsum(self.weights), share))
        return float(self.places[min(place, self.places.size - 1)])

    def interval(self, level: float) -> Interval:
        """The central part of the belief, ``level`` of it."""
        rest = (1 - level) / 2
        return Interval(low=self.at(rest), high=self.at(1 - rest), level=level)


class EdgeBeliefs:
    """Makes a belief of what was tried, and says what to try next.

    A server is taken to drain so many requests a second, and to miss a limit with a probability
    that rises with the pressure: see `Pressure` and `MissShapes`. Every load that was tried says
    something of it, by Bayes' rule over a grid of such servers.

    No real server is quite like one of them. So a load that is far from the edge counts less, and
    the likelihood is tempered: by how much further the misses of a part of a probe are from what
    was to be expected than those of independent requests would be (the quasi-likelihood of
    Wedderburn, 1974, its dispersion that of batches).

    Args:
        pressure: of the axis that is searched.
        allowed: the share that may miss.
    """

    def __init__(self, pressure: Pressure, allowed: float) -> None:
        self._pressure = pressure
        self._shapes = MissShapes.around(allowed)
        self._unit_edges = np.log(pressure.edges(self._shapes, allowed))
        missing = self._shapes.missing(PLACES)
        self._log_missed, self._log_met = np.log(missing), np.log1p(-missing)
        self._counts: dict[tuple[int, int], Floats] = {}

    def belief(self, tried: Sequence[Tried]) -> EdgeBelief:
        """What is believed after ``tried``, the same ones as last time and maybe more."""
        alike = self._weighed(tried, [1.0] * len(tried)).at(0.5)
        away = [math.log(one.value / alike) / _FAR for one in tried]
        return self._weighed(tried, [math.exp(-(far**2) / 2) for far in away])

    def worth(
        self, belief: EdgeBelief, value: float, duration_s: float, tried: Sequence[Tried]
    ) -> float:
        """By which part the variance of the edge would fall, were ``value`` tried next.

        The misses that each believed server would have there are a straight line of its edge, and
        noise (a Bayes linear forecast).
        """
        due_s = self._pressure.foreseen(value, duration_s, tried)
        foreseen, noise = [], 0.0
        for step, shape in belief.draws:
            pressures = self._pressure.of(value, due_s, int(step))
            missing = self._shapes.taken(np.array([shape])).missing(pressures)[:, 0]
            foreseen.append(float(missing.sum()))
            noise += float((missing * (1 - missing)).sum()) / len(belief.draws)
        counts, edges = np.array(foreseen), np.log(belief.edges)
        if not np.ptp(edges) or not np.ptp(counts):
            return 0.0
        shared = float(((counts - counts.mean()) * (edges - edges.mean())).mean())
        return shared**2 / (float(counts.var()) + belief.spread * noise + 1) / float(edges.var())

    def _weighed(self, tried: Sequence[Tried], counting: Sequence[float]) -> EdgeBelief:
        every = self._pressure.steps(tried)
        coarse = _thinned(every)
        likely = self._log_likelihood(tried, counting, coarse)
        best = likely.max(axis=1) / self._spread(tried, counting, coarse, likely)
        kept = np.flatnonzero(best > best.max() - _NEGLIGIBLE)
        first, last = max(kept[0] - 1, 0), min(kept[-1] + 1, len(coarse) - 1)
        steps = _thinned(range(coarse[first], coarse[last] + 1))
        likely = self._log_likelihood(tried, counting, steps)
        spread = self._spread(tried, counting, steps, likely)
        weights = np.exp((likely - likely.max()) / spread)
        log_edges = FINE * np.array(steps)[:, np.newaxis] + self._unit_edges
        places, among = _histogram(log_edges, weights)
        sums = np.cumsum(weights)
        picked = np.searchsorted(sums, (np.arange(_DRAWS) + 0.5) / _DRAWS * sums[-1])
        rows, shapes = np.unravel_index(picked, weights.shape)
        return EdgeBelief(
            places=places,
            weights=among,
            draws=np.stack((np.array(steps)[rows], shapes), axis=1),
            edges=np.exp(log_edges[rows, shapes]),
            spread=spread,
        )

    def _log_likelihood(
        self, tried: Sequence[Tried], counting: Sequence[float], steps: range
    ) -> Floats:
        """A row for each step and a column for each shape."""
        counts = np.zeros((2, len(steps), PLACES.size))
        for number, (one, weight) in enumerate(zip(tried, counting, strict=True)):
            for row, step in enumerate(steps):
                if (number, step) not in self._counts:
                    self._counts[number, step] = self._counted(one, step)
                counts[:, row] += weight * self._counts[number, step]
        likelihood: Floats = counts[0] @ self._log_met + counts[1] @ self._log_missed
        return likelihood

    def _counted(self, one: Tried, step: int) -> Floats:
        """How many met and how many missed the limits, by the place of their pressure."""
        places = places_of(self._pressure.of(one.value, one.due_s, step))
        counts = np.bincount(places + PLACES.size * one.missed, minlength=2 * PLACES.size)
        return counts.reshape(2, PLACES.size).astype(np.float64)

    def _spread(
        self, tried: Sequence[Tried], counting: Sequence[float], steps: range, likely: Floats
    ) -> float:
        row, shape = np.unravel_index(int(likely.argmax()), likely.shape)
        best = self._shapes.taken(np.array([shape]))
        off, expected = _SPREAD * _SPREAD_WORTH, _SPREAD_WORTH
        for one, weight in zip(tried, counting, strict=True):
            pressures = self._pressure.of(one.value, one.due_s, steps[int(row)])
            missing = best.missing(pressures)[:, 0]
            for part in np.array_split(np.arange(missing.size), _BLOCKS):
                off += weight * float((one.missed[part] - missing[part]).sum()) ** 2
                expected += weight * float((missing[part] * (1 - missing[part])).sum())
        return max(1.0, off / expected)


def _thinned(steps: range) -> range:
    return steps[:: max(1, math.ceil(len(steps) / _ROWS))]


def _histogram(log_edges: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Places 0.2 % apart and their weights, blurred by how unlike a real server is."""
    blur = math.ceil(4 * _UNLIKE / _RESOLUTION)
    low = float(log_edges.min()) - blur * _RESOLUTION
    place = ((log_edges - low) / _RESOLUTION).round().astype(np.intp).ravel()
    counts = np.bincount(place, weights.ravel(), minlength=int(place.max()) + blur + 1)
    offsets = np.arange(-blur, blur + 1) * _RESOLUTION
    blurred = np.convolve(counts, np.exp(-((offsets / _UNLIKE) ** 2) / 2), mode="same")
    places: Floats = np.exp(low + _RESOLUTION * np.arange(counts.size))
    return places, blurred / blurred.sum()
