"""The highest load that holds an objective, from few and noisy probes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.edge_belief import Answer, EdgeBelief, answer_of, outgrowing
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.probe import Probe, RunProbe
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between, require_count
from modelforge.stats.interval import Interval

_STEP: Final = 2.0
_SECOND_CHANCE: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchBounds:
    """Where a search for the edge may look, and when it is content.

    Attributes:
        start: the first load that is tried.
        least, most: the loads beyond which it does not go.
        tolerance: the interval's width over its middle at which it stops.
        level: how sure the interval is.
        most_probes: how many runs at most.

    Raises:
        UsageError: they contradict each other.
    """

    start: float
    least: float
    most: float
    tolerance: float = 0.05
    level: float = 0.9
    most_probes: int = 24

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.start <= self.most:
            raise UsageError(
                f"a search from {self.start:g} needs bounds around it, not {self.least:g}"
                f" to {self.most:g}"
            )
        require_between("the tolerance", self.tolerance, 0.005, 1)
        require_between("the level", self.level, 0.5, 0.999)
        require_count("the number of probes", self.most_probes, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxLoad:
    """What a search came to.

    Attributes:
        unit: of every load here.
        interval: where the highest load that holds the objective lies; an end is 0 or infinite
            where the search met a bound, its ``least`` or ``most`` or the client's own limit,
            before an edge of the server.
        converged: the interval is as narrow as was asked.
        client_bound_at: the lowest load at which the client itself was the limit; None: at none.
        note: why there is no narrow interval, in one line; None where there is.
        probes: in order.
    """

    unit: str
    objective: Objective
    interval: Interval
    converged: bool
    client_bound_at: float | None
    note: str | None
    probes: tuple[Probe, ...]

    @property
    def estimate(self) -> float | None:
        """The middle of the interval; None where it is open."""
        low, high = self.interval.low, self.interval.high
        return (low * high) ** 0.5 if low > 0 and high < float("inf") else None


async def find_max(
    probe: RunProbe,
    axis: Axis,
    objective: Objective,
    bounds: SearchBounds,
    *,
    on_probe: Callable[[Probe], None] | None = None,
) -> MaxLoad:
    """Search the highest load of ``axis`` that holds ``objective``.

    The load is doubled, or halved, until both answers have been seen. Then every further probe is
    run where the edge lies with equal belief on both sides, and moves the belief by as much as its
    own evidence is worth: the probabilistic bisection of Horstein (1963; Waeber, Frazier and
    Henderson, SIAM J. Control Optim. 51, 2013) with the reliability of each answer taken from the
    probe itself (Rodriguez and Ludkovski, arXiv:1711.00843). Near the edge, where answers are worth
    little, it so repeats by itself, and one wrong answer misleads it for a while, not for good,
    as it would an ordinary bisection.

    A client-bound probe is run once more; if it is again, no higher load is tried and the server's
    edge is not said to lie there.

    Args:
        probe: its results carry ``good_requests``, counted by ``objective.slo``, and should last
            at least `Objective.probe_s`.
        axis: which loads.
        objective: what to hold.
        bounds: where to look.
        on_probe: told of every probe.

    Raises:
        UsageError: a result was summarised by another SLO.
    """
    search = _Search(probe, axis, objective, bounds, on_probe)
    await search.bracket()
    return await search.narrow()


class _Search:
    def __init__(
        self,
        probe: RunProbe,
        axis: Axis,
        objective: Objective,
        bounds: SearchBounds,
        on_probe: Callable[[Probe], None] | None,
    ) -> None:
        self._probe = probe
        self._axis = axis
        self._objective = objective
        self._bounds = bounds
        self._on_probe = on_probe
        self._probes: list[Probe] = []
        self._answers: list[Answer] = []
        self._ceiling: float | None = None

    async def bracket(self) -> None:
        """Go up or down by doubling until the edge has been passed, or a bound is met."""
        bounds = self._bounds
        value = bounds.start
        first: bool | None = None
        while len(self._probes) < bounds.most_probes:
            answer = await self._ask(value)
            if answer is None:
                if first:
                    return
                value /= _STEP  # below the client's limit there may be an edge
                first = None
            else:
                if first is None:
                    first = answer.holds
                if answer.holds is not first:
                    return
                value *= _STEP if answer.holds else 1 / _STEP
            if self._ceiling is not None and value >= self._ceiling:
                return
            following = min(max(value, bounds.least), bounds.most)
            if any(answer.value == following for answer in self._answers):
                return
            value = following

    async def narrow(self) -> MaxLoad:
        """Bisect by belief until the interval is narrow."""
        bounds = self._bounds
        if len({answer.holds for answer in self._answers}) < 2:  # noqa: PLR2004 (both answers)
            return self._open()
        belief = self._belief()
        while not self._narrow_enough(belief) and len(self._probes) < bounds.most_probes:
            value = self._dividing(belief)
            if self._ceiling is not None and value >= self._ceiling:
                return self._open()
            answer = await self._ask(value)
            if answer is not None:
                belief = belief.updated(answer)
        converged = self._narrow_enough(belief)
        note = None if converged else f"{bounds.most_probes} probes were not enough"
        return self._result(belief.interval(bounds.level), note, converged=converged)

    async def _ask(self, value: float) -> Answer | None:
        """Probe; None: the client was the limit."""
        value = self._axis.nearest(value)
        for _ in range(_SECOND_CHANCE):
            result = await self._probe(self._axis.make(value))
            if result.slo != self._objective.slo:
                raise UsageError("a probe was summarised by another SLO than that of the search")
            tried = Probe(value=value, result=result)
            self._probes.append(tried)
            if self._on_probe is not None:
                self._on_probe(tried)
            if not tried.client_bound:
                answer = self._answer(tried)
                self._answers.append(answer)
                return answer
        self._ceiling = min(value, self._ceiling or value)
        return None

    def _answer(self, tried: Probe) -> Answer:
        objective, growth = self._objective, tried.result.growth
        answer = answer_of(
            tried.value, good=tried.good, requests=tried.requests, share=objective.share
        )
        if answer.holds and growth is not None and objective.outgrown(growth):
            return outgrowing(tried.value, score=growth.score)
        return answer

    def _dividing(self, belief: EdgeBelief) -> float:
        """The load that divides the belief most evenly; a concurrency is whole."""
        median = belief.median()
        if self._axis.quantity == "rate":
            return median
        whole = (max(1.0, float(math.floor(median))), float(math.ceil(median)))
        return min(whole, key=lambda value: abs(belief.above(value) - 0.5))

    def _belief(self) -> EdgeBelief:
        values = [answer.value for answer in self._answers]
        belief = EdgeBelief.between(min(values) / _STEP, max(values) * _STEP)
        for answer in self._answers:
            belief = belief.updated(answer)
        return belief

    def _narrow_enough(self, belief: EdgeBelief) -> bool:
        interval = belief.interval(self._bounds.level)
        if self._axis.quantity == "concurrency" and interval.width <= 1:
            return True
        middle = math.sqrt(interval.low * interval.high)
        return interval.width <= self._bounds.tolerance * middle

    def _open(self) -> MaxLoad:
        held = [answer.value for answer in self._answers if answer.holds]
        failed = [answer.value for answer in self._answers if not answer.holds]
        low, high = max(held, default=0.0), min(failed, default=float("inf"))
        if self._ceiling is not None:
            reason = next((one.reason for one in reversed(self._probes) if one.client_bound), "")
            note = f"the client is the limit at {self._ceiling:g} {self._axis.unit}: {reason}"
        elif not held:
            note = f"the objective is not held at {high:g} {self._axis.unit}, the least tried"
        else:
            note = f"the objective is still held at {low:g} {self._axis.unit}, the most tried"
        interval = Interval(low=min(low, high), high=high, level=self._bounds.level)
        return self._result(interval, note, converged=False)

    def _result(self, interval: Interval, note: str | None, *, converged: bool) -> MaxLoad:
        return MaxLoad(
            unit=self._axis.unit,
            objective=self._objective,
            interval=interval,
            converged=converged,
            client_bound_at=self._ceiling,
            note=note,
            probes=tuple(self._probes),
        )
