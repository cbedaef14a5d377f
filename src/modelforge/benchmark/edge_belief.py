"""Where the edge of a server's capacity is believed to lie, after the loads that were tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.backlog import Backlog
from modelforge.benchmark.miss_shapes import Floats, MissShapes
from modelforge.benchmark.pressure import FINE, Level, Pressure, Tried
from modelforge.stats.interval import Interval

_ROWS: Final = 60
_NEGLIGIBLE: Final = 9.0
_FAR: Final = 0.3
_SPREAD: Final = 4.0
_SPREAD_WORTH: Final = 2.0
_PARTS: Final = (1, 4)
_DRAWS: Final = 40
_RESOLUTION: Final = 0.002
_MARGIN: Final = 0.5
_UNLIKE: Final = 0.01
"""A real server's edge is about as near as that to the edge of the server most like it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One that may be: a pressure, the step of its unit, a shape, and the edge that follows."""

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
    servers: tuple[Server, ...]
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

    A server misses a limit with a probability that rises with the pressure of the load, by one of
    `MissShapes`: that of the backlog in a queue that it drains, or that of the load itself. Which,
    how fast it drains and where the limit lies, is told by the misses of all loads that were
    tried, by Bayes' rule over a grid of such servers.

    No real server is quite like one of them. So a load that is far from the edge counts less, and
    the likelihood is tempered: by how much further the misses of a probe, or of parts of it, are
    from what was to be expected than those of independent requests would be (the quasi-likelihood
    of Wedderburn, 1974, with the dispersion of batches).

    Args:
        axis: what is searched.
        allowed: the share that may miss.
    """

    def __init__(self, axis: Axis, allowed: float) -> None:
        self._shapes = shapes = MissShapes.around(allowed)
        self._pressures: list[Pressure] = [Level(shapes, allowed)]
        if axis.quantity == "rate":
            self._pressures.append(Backlog(axis, shapes, allowed))

    def belief(self, tried: Sequence[Tried]) -> EdgeBelief:
        """What is believed after ``tried``, the same ones as last time and maybe more."""
        alike = self._counting(tried, [1.0] * len(tried)).at(0.5)
        away = [math.log(one.value / alike) / _FAR for one in tried]
        return self._counting(tried, [math.exp(-(far**2) / 2) for far in away])

    def worth(
        self, belief: EdgeBelief, value: float, duration_s: float, tried: Sequence[Tried]
    ) -> float:
        """By which part the variance of the edge would fall, were ``value`` tried next.

        The misses that each believed server would have there are a straight line of its edge, and
        noise (a Bayes linear forecast).
        """
        due_s = [one.foreseen(value, duration_s, tried) for one in self._pressures]
        foreseen = [self._missing(one, value, due_s[one.pressure]) for one in belief.servers]
        counts = np.array([missing.sum() for missing in foreseen])
        noise = float(np.mean([(missing * (1 - missing)).sum() for missing in foreseen]))
        edges = np.log([one.edge for one in belief.servers])
        if not np.ptp(edges) or not np.ptp(counts):
            return 0.0
        shared = float(((counts - counts.mean()) * (edges - edges.mean())).mean())
        return shared**2 / (float(counts.var()) + belief.spread * noise + 1) / float(edges.var())

    def _counting(self, tried: Sequence[Tried], counting: Sequence[float]) -> EdgeBelief:
        """The belief where each of ``tried`` counts so much."""
        every = [pressure.steps(tried) for pressure in self._pressures]
        grid = [_thinned(steps) for steps in every]
        evidence = self._evidence(grid, tried, counting)
        spread = self._spread(grid, tried, counting, evidence)
        best = evidence.max(axis=1)
        first = 0
        for number, steps in enumerate(grid):
            own = best[first : first + len(steps)]
            first += len(steps)
            kept = np.flatnonzero(own > best.max() - _NEGLIGIBLE * spread)
            if kept.size:
                low, high = max(kept[0] - 1, 0), min(kept[-1] + 1, len(steps) - 1)
                grid[number] = _thinned(range(steps[low], steps[high] + 1))
        return self._belief(every, grid, tried, counting)

    def _belief(
        self,
        every: Sequence[range],
        grid: Sequence[range],
        tried: Sequence[Tried],
        counting: Sequence[float],
    ) -> EdgeBelief:
        """Beforehand all pressures are as probable, and so are all steps of ``every`` of them."""
        evidence = self._evidence(grid, tried, counting)
        spread = self._spread(grid, tried, counting, evidence)
        rows = [(number, step) for number, steps in enumerate(grid) for step in steps]
        prior = [[grid[number].step / len(every[number])] for number, _ in rows]
        probable = evidence / spread + np.log(self._shapes.weights) + np.log(prior)
        weights = np.exp(probable - probable.max())
        log_edges = np.array(
            [FINE * step + self._pressures[number].log_edges for number, step in rows]
        )
        histogram = _Histogram(log_edges)
        middles = []
        for one, weight in zip(tried, counting, strict=True):
            without = probable - self._evidence(grid, [one], [weight]) / spread
            middles.append(histogram.median(np.exp(without - without.max())))
        offs = np.array(middles) - np.mean(middles)
        unlike = math.sqrt((len(tried) - 1) / len(tried) * float(offs @ offs))
        sums = np.cumsum(weights)
        picked = np.searchsorted(sums, (np.arange(_DRAWS) + 0.5) / _DRAWS * sums[-1])
        drawn = zip(*np.unravel_index(picked, weights.shape), strict=True)
        servers = tuple(
            Server(
                pressure=rows[row][0],
                step=rows[row][1],
                shape=int(shape),
                edge=math.exp(log_edges[row, shape]),
            )
            for row, shape in drawn
        )
        places, among = histogram.blurred(weights, max(_UNLIKE, unlike))
        return EdgeBelief(places=places, weights=among, servers=servers, spread=spread)

    def _evidence(
        self, grid: Sequence[range], tried: Sequence[Tried], counting: Sequence[float]
    ) -> Floats:
        """The log-likelihood: a row for each step of each pressure, a column for each shape."""
        return np.concatenate(
            [
                pressure.log_likelihood(tried, counting, steps)
                for pressure, steps in zip(self._pressures, grid, strict=True)
            ]
        )

    def _spread(
        self,
        grid: Sequence[range],
        tried: Sequence[Tried],
        counting: Sequence[float],
        evidence: Floats,
    ) -> float:
        row, shape = np.unravel_index(int(evidence.argmax()), evidence.shape)
        number, step = [(number, step) for number, steps in enumerate(grid) for step in steps][row]
        best = Server(pressure=number, step=step, shape=int(shape), edge=math.nan)
        spreads = []
        missing = [self._missing(best, one.value, one.due_s) for one in tried]
        for parts in _PARTS:
            off, expected = _SPREAD * _SPREAD_WORTH, _SPREAD_WORTH
            for one, weight, probable in zip(tried, counting, missing, strict=True):
                for part in np.array_split(np.arange(probable.size), parts):
                    off += weight * float((one.missed[part] - probable[part]).sum()) ** 2
                    expected += weight * float((probable[part] * (1 - probable[part])).sum())
            spreads.append(off / expected)
        return max(1.0, *spreads)

    def _missing(self, server: Server, value: float, due_s: Floats) -> Floats:
        """How probable each request of a load is to miss the limits."""
        pressures = self._pressures[server.pressure].of(value, due_s, server.step)
        missing: Floats = self._shapes.taken(server.shape).missing(pressures)[:, 0]
        return missing


def _thinned(steps: range) -> range:
    return steps[:: max(1, math.ceil(len(steps) / _ROWS))]


class _Histogram:
    """Edges by their places, which are 0.2 % apart."""

    def __init__(self, log_edges: Floats) -> None:
        self._low = float(log_edges.min()) - _MARGIN
        self._places = ((log_edges.ravel() - self._low) / _RESOLUTION).round().astype(np.intp)
        self._size = int(self._places.max()) + round(_MARGIN / _RESOLUTION)

    def median(self, weights: Floats) -> float:
        """The logarithm of the edge in the middle."""
        sums = np.cumsum(np.bincount(self._places, weights.ravel()))
        return self._low + _RESOLUTION * float(np.searchsorted(sums, sums[-1] / 2))

    def blurred(self, weights: Floats, blur: float) -> tuple[Floats, Floats]:
        """The places and their weights, were every edge uncertain by a share of ``blur``."""
        counts = np.bincount(self._places, weights.ravel(), minlength=self._size)
        reach = min(math.ceil(3 * blur / _RESOLUTION), self._size // 2 - 1)
        offsets = np.arange(-reach, reach + 1) * _RESOLUTION
        blurred = np.convolve(counts, np.exp(-((offsets / blur) ** 2) / 2), mode="same")
        places: Floats = np.exp(self._low + _RESOLUTION * np.arange(counts.size))
        return places, blurred / blurred.sum()
