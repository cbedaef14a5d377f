"""Bayes' rule over servers: what is believed of the edge after the loads that were tried."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.backlog import Backlog
from modelforge.benchmark.edge_belief import EdgeBelief, EdgePlaces, Server
from modelforge.benchmark.miss_shapes import Floats, MissShapes
from modelforge.benchmark.pressure import FINE, Level, Pressure, Tried

_ROWS: Final = 40
"""Steps of a pressure that are looked at, at the most: the rows of a grid."""
_NEGLIGIBLE: Final = 9.0
"""A row whose best log-likelihood is this much below the best of all is not looked at closely."""
_FAR: Final = 0.3
"""How far from the edge, in logarithms, a load counts ``exp(-1 / 2)`` of one at the edge."""
_SPREAD: Final = 4.0
_SPREAD_WORTH: Final = 2.0
"""The spread that is taken beforehand, and the variance of misses for which that counts."""
_PARTS: Final = (1, 4)
"""Into how many parts a probe is cut, each time, to see how far its misses are from expected."""
_SERVERS: Final = 40
"""How many servers stand for all in the forecast of a probe."""
_LIGHTER: Final = 0.5
"""The part of its weight that a probe loses to see how far the middle moves without it."""
_COUNTS: Final = 0.02
"""A probe that counts less is not worth weighing anew to see what it changes."""
_UNLIKE: Final = 0.01
"""A real server's edge is at best as near as that to the edge of the server most like it."""
_UTTERLY_UNLIKE: Final = 0.15
"""And no belief is blurred by more than that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Grid:
    """The steps of each pressure that are looked at, of all that there are."""

    every: Sequence[range]
    steps: Sequence[range]

    @property
    def rows(self) -> list[tuple[int, int]]:
        """Pressure and step, one row after the other."""
        return [(number, step) for number, steps in enumerate(self.steps) for step in steps]

    @property
    def prior(self) -> Floats:
        """Beforehand all pressures are as probable, and so are all steps of each."""
        return np.array([self.steps[at].step / len(self.every[at]) for at, _ in self.rows])

    def around(self, kept: Sequence[bool]) -> _Grid:
        """A finer one around those of its rows that are ``kept``."""
        rows = self.rows
        steps = []
        for number, own in enumerate(self.steps):
            left = [
                step for (at, step), keep in zip(rows, kept, strict=True) if keep and at == number
            ]
            low, high = (min(left), max(left)) if left else (own[0], own[-1])
            low, high = max(low - own.step, own[0]), min(high + own.step, own[-1])
            steps.append(_thinned(range(low, high + 1)))
        return _Grid(every=self.every, steps=steps)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Posterior:
    """How probable each server of a grid is: a row for each of its, a column for each shape.

    Attributes:
        probable: the logarithm, up to a constant.
        log_edges: of the edge of each server, which ``edges`` sorts into places.
    """

    grid: _Grid
    spread: float
    log_edges: Floats
    edges: EdgePlaces
    probable: Floats

    def weights(self, less: Floats | float = 0.0) -> Floats:
        """The probabilities over the largest, without the evidence ``less``."""
        probable = self.probable - less / self.spread
        weights: Floats = np.exp(probable - probable.max())
        return weights

    def log_median(self, less: Floats | float = 0.0) -> float:
        """The logarithm of the edge in the middle, without the evidence ``less``."""
        return self.edges.log_median(self.weights(less))

    def servers(self) -> list[Server]:
        """Some that stand for all: each for as much of the weights."""
        weights, rows = self.weights(), self.grid.rows
        sums = np.cumsum(weights)
        picked = np.searchsorted(sums, (np.arange(_SERVERS) + 0.5) / _SERVERS * sums[-1])
        return [
            Server(
                pressure=rows[row][0],
                step=rows[row][1],
                shape=int(shape),
                edge=math.exp(self.log_edges[row, shape]),
            )
            for row, shape in zip(*np.unravel_index(picked, weights.shape), strict=True)
        ]


class EdgeInference:
    """Makes a belief of what was tried, and says what to try next.

    A server misses a limit with a probability that rises with the pressure of the load, by one of
    `MissShapes`: the pressure of the backlog in a queue that it drains, or of the load itself.
    Which, how fast it drains and where the limit lies, is told by the misses of all loads that
    were tried, by Bayes' rule over a grid of such servers.

    No real server is quite like one of them. So a load far from the edge counts less; the
    likelihood is tempered by how much further the misses of a probe, or of quarters of it, are
    from what was to be expected than those of independent requests would be (the quasi-likelihood
    of Wedderburn, 1974, with the dispersion of batches); and the belief is blurred, by 1 % at
    least, by how far its middle moves when single probes count half as much (the infinitesimal
    jackknife of Jaeckel, 1972).

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
        """What is believed after ``tried``, of which there is at least one."""
        middle = self._posterior(tried, [1.0] * len(tried)).log_median()
        away = [(math.log(one.value) - middle) / _FAR for one in tried]
        counting = [math.exp(-(far**2) / 2) for far in away]
        last = self._posterior(tried, counting)
        middle = last.log_median()
        lighter = [
            last.log_median(self._evidence(last.grid, [one], [weight * _LIGHTER]))
            for one, weight in zip(tried, counting, strict=True)
            if weight > _COUNTS
        ]
        moved = (np.array(lighter) - middle) / _LIGHTER
        blur = min(max(float(np.linalg.norm(moved)), _UNLIKE), _UTTERLY_UNLIKE)
        places, weights = last.edges.blurred(last.weights(), blur)
        return EdgeBelief(
            places=places, weights=weights, servers=last.servers(), spread=last.spread
        )

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

    def _posterior(self, tried: Sequence[Tried], counting: Sequence[float]) -> _Posterior:
        """What is probable where each of ``tried`` counts so much: a rough grid, then a finer."""
        every = [pressure.steps(tried) for pressure in self._pressures]
        grid = _Grid(every=every, steps=[_thinned(steps) for steps in every])
        evidence = self._evidence(grid, tried, counting)
        best = evidence.max(axis=1) / self._spread(grid, tried, counting, evidence)
        grid = grid.around((best > best.max() - _NEGLIGIBLE).tolist())
        evidence = self._evidence(grid, tried, counting)
        spread = self._spread(grid, tried, counting, evidence)
        log_edges = np.array(
            [FINE * step + self._pressures[number].log_edges for number, step in grid.rows]
        )
        prior = np.log(grid.prior)[:, np.newaxis] + np.log(self._shapes.weights)
        return _Posterior(
            grid=grid,
            spread=spread,
            log_edges=log_edges,
            edges=EdgePlaces(log_edges),
            probable=evidence / spread + prior,
        )

    def _evidence(self, grid: _Grid, tried: Sequence[Tried], counting: Sequence[float]) -> Floats:
        """The log-likelihood: a row for each of the grid, a column for each shape."""
        return np.concatenate(
            [
                pressure.log_likelihood(tried, counting, steps)
                for pressure, steps in zip(self._pressures, grid.steps, strict=True)
            ]
        )

    def _spread(
        self, grid: _Grid, tried: Sequence[Tried], counting: Sequence[float], evidence: Floats
    ) -> float:
        """Around the most probable server; as if a little had been seen before, at four times."""
        row, shape = np.unravel_index(int(evidence.argmax()), evidence.shape)
        number, step = grid.rows[row]
        best = Server(pressure=number, step=step, shape=int(shape), edge=math.nan)
        missing = [self._missing(best, one.value, one.due_s) for one in tried]
        spreads = []
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
