"""Where the edge of a server's capacity is believed to lie, and how an answer moves that."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from modelforge.stats.interval import Interval

_RESOLUTION: Final = 1.002
_LEAST_RELIABLE: Final = 0.55
_MOST_RELIABLE: Final = 0.97
_CORRELATION: Final = 4.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Whether a load held, and how probable it is that the server's true share says the same."""

    value: float
    holds: bool
    reliability: float


def answer_of(value: float, *, good: int, requests: int, share: float) -> Answer:
    """The answer of a probe in which ``good`` of ``requests`` met the limits.

    The reliability is that of a normal test of the share, from 0.55 to 0.97. Requests that wait in
    one queue are late together, so that a probe tells as much as a quarter of as many independent
    ones would. The bounds keep what was not modelled, a neighbour on the machine, a pause of the
    server, from settling the search by itself. A probe of nothing holds nothing.
    """
    if not requests:
        return Answer(value=value, holds=False, reliability=_MOST_RELIABLE)
    deviation = math.sqrt(_CORRELATION * requests * share * (1 - share))
    z = (good - share * requests) / deviation
    return Answer(value=value, holds=good >= share * requests, reliability=_reliability(z))


def outgrowing(value: float, *, score: float) -> Answer:
    """The answer of a probe whose waits grew, by ``score`` standard errors: not for long."""
    return Answer(value=value, holds=False, reliability=_reliability(score))


def _reliability(z: float) -> float:
    reliability = 0.5 * (1 + math.erf(abs(z) / math.sqrt(2)))
    return min(max(reliability, _LEAST_RELIABLE), _MOST_RELIABLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeBelief:
    """A probability for each of the geometrically spaced places where the edge may lie."""

    places: Sequence[float]
    weights: Sequence[float]

    @classmethod
    def between(cls, low: float, high: float) -> EdgeBelief:
        """Every factor alike between two loads above 0, 0.2 % apart."""
        steps = max(2, math.ceil(math.log(high / low) / math.log(_RESOLUTION)))
        ratio = (high / low) ** (1 / steps)
        places = [low * ratio ** (step + 0.5) for step in range(steps)]
        return cls(places=places, weights=[1 / steps] * steps)

    def updated(self, answer: Answer) -> EdgeBelief:
        """The belief after ``answer``: by Bayes' rule, the edge lies above a load that held."""
        above = answer.reliability if answer.holds else 1 - answer.reliability
        raw = [
            weight * (above if place >= answer.value else 1 - above)
            for place, weight in zip(self.places, self.weights, strict=True)
        ]
        total = math.fsum(raw)
        return EdgeBelief(places=self.places, weights=[weight / total for weight in raw])

    def median(self) -> float:
        """About half of the belief lies on each side, and never all of it.

        It stands between two places: of those around the place that holds the middle, the one
        that divides the belief more evenly.
        """
        middle = min(bisect_left(self.places, self._at(0.5)), len(self.places) - 2)
        between = [
            math.sqrt(self.places[place - 1] * self.places[place])
            for place in (max(1, middle), middle + 1)
        ]
        return min(between, key=lambda value: abs(self.above(value) - 0.5))

    def above(self, value: float) -> float:
        """How much of the belief lies at ``value`` or above it."""
        return math.fsum(self.weights[bisect_left(self.places, value) :])

    def interval(self, level: float) -> Interval:
        """The central part of the belief, ``level`` of it."""
        rest = (1 - level) / 2
        return Interval(low=self._at(rest), high=self._at(1 - rest), level=level)

    def _at(self, share: float) -> float:
        for place, sum_ in zip(self.places, accumulate(self.weights), strict=True):
            if sum_ >= share:
                return place
        return self.places[-1]
