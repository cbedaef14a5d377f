"""The highest load that holds an objective, from few and noisy probes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.edge_belief import EdgeBelief
from modelforge.benchmark.edge_inference import EdgeInference
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.pressure import Tried
from modelforge.benchmark.probe import Probe, RunProbeFor, unanswered
from modelforge.core.errors import Interrupted, UsageError
from modelforge.core.numbers import require_between, require_count, require_seconds
from modelforge.stats.interval import Interval

_STEP: Final = 2.0
"""From one load to the next until the edge has been passed."""
_CHANCES: Final = 2
"""How often a load is run at which the client was the limit."""
_AROUND: Final[tuple[float, ...]] = (0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1, 1.2)
"""The loads to choose the next from, over the middle of the belief."""
_NEAR: Final = 1.06
"""How near to the middle a load must have been tried on each side before the search is content."""
_BESIDE: Final = 1.03
"""Where such a load is tried, over the middle or under it."""
_LENGTHEN_EVERY: Final = 4
_LONGEST: Final = 8
"""After so many probes the next ones are twice as long, up to so many times the first."""
_ANSWERS: Final = 5
"""How many answers of a server at ease a probe lasts at least."""
_UNANSWERED: Final = 3
"""After so many probes without an answer no more are made."""
_AT_EASE: Final = 0.1
"""Below so many requests at a time, on the mean, what is slow is not so for want of room."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchBounds:
    """Where a search for the edge may look, and when it is content.

    Attributes:
        start: the first load that is tried.
        least, most: the loads beyond which it does not go.
        probe_s: how long the first probes last.
        lengthen: later ones may last longer, up to eight times, rather than be many, and all last
            five times as long as an answer of a server at ease; False: all last ``probe_s``.
        tolerance: the interval's width over its middle at which it stops.
        level: how sure the interval is.
        most_probes: how many runs at most.

    Raises:
        UsageError: they contradict each other.
    """

    start: float
    least: float
    most: float
    probe_s: float
    lengthen: bool = True
    tolerance: float = 0.05
    level: float = 0.9
    most_probes: int = 24

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.start <= self.most:
            raise UsageError(
                f"a search from {self.start:g} needs bounds around it, not {self.least:g}"
                f" to {self.most:g}"
            )
        require_seconds("the length of a probe", self.probe_s)
        require_between("the tolerance", self.tolerance, 0.005, 1)
        require_between("the level", self.level, 0.5, 0.999)
        require_count("the number of probes", self.most_probes, 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxLoad:
    """What a search came to.

    Attributes:
        unit: of every load here.
        estimate: the highest load that holds the objective in the long run; None where the
            interval is open.
        interval: where it lies; an end is 0 or infinite where the search met a bound, its
            ``least`` or ``most`` or the client's own limit, before an edge of the server.
        converged: the interval is as narrow as was asked.
        client_bound_at: the lowest load at which the client itself was the limit; None: at none.
        note: why there is no narrow interval, in one line; None where there is.
        probes: in order.
    """

    unit: str
    objective: Objective
    estimate: float | None
    interval: Interval
    converged: bool
    client_bound_at: float | None
    note: str | None
    probes: tuple[Probe, ...]


async def find_max(
    probe: RunProbeFor,
    axis: Axis,
    objective: Objective,
    bounds: SearchBounds,
    *,
    on_probe: Callable[[Probe], None] | None = None,
) -> MaxLoad:
    """Search the highest load of ``axis`` that holds ``objective`` in the steady state.

    The load is doubled, or halved, until both answers have been seen. Then every further probe is
    run where it says most about the edge, by what is believed of the server after all probes: see
    `EdgeInference`.

    It ends early where further probes would tell no more: no answer came in three of them, no
    request was due in one and in its repetition, or most requests miss the objective where they
    hardly overlap.

    A client-bound probe is run once more; if it is again, no higher load is tried and the server's
    edge is not said to lie there.

    Args:
        probe: its results carry ``misses`` of ``objective.slo``.
        axis: which loads.
        objective: what to hold.
        bounds: where to look.
        on_probe: told of every probe.

    Raises:
        UsageError: a result was summarised by another SLO.
        Interrupted: the first probe was; after a later one it is told what there is.
    """
    search = _Search(probe, axis, objective, bounds, on_probe)
    try:
        await search.bracket()
        return await search.narrow()
    except _NothingMoreError as error:
        return search.so_far(str(error))
    except Interrupted:
        return search.interrupted()


class _NothingMoreError(Exception):
    """No further probe would tell anything; says why."""


class _Search:
    def __init__(
        self,
        probe: RunProbeFor,
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
        self._tried: list[Tried] = []
        self._ceiling: float | None = None
        self._inference = EdgeInference(axis, 1 - objective.share)

    async def bracket(self) -> None:
        """Go up or down by doubling until the edge has been passed, or a bound is met."""
        bounds = self._bounds
        value = bounds.start
        first: bool | None = None
        while len(self._probes) < bounds.most_probes:
            tried = await self._ask(value)
            if tried is None:
                if first:
                    return
                value /= _STEP  # below the client's limit there may be an edge
                first = None
            else:
                holds = self._holds(tried)
                if not holds:
                    self._look_for_sense()
                if first is None:
                    first = holds
                if holds is not first:
                    return
                value *= _STEP if holds else 1 / _STEP
            if self._ceiling is not None and value >= self._ceiling:
                return
            following = min(max(value, bounds.least), bounds.most)
            if any(tried.value == following for tried in self._tried):
                return
            value = following

    async def narrow(self) -> MaxLoad:
        """Try the loads that say most until the interval is narrow."""
        bounds = self._bounds
        if not self._bracketed:
            return self._open()
        belief = self._inference.belief(self._tried)
        asked = 0
        while not self._content(belief) and len(self._probes) < bounds.most_probes:
            if self._ceiling is not None and belief.at(0.5) >= self._ceiling:
                return self._open()
            longer = min(2 ** (asked // _LENGTHEN_EVERY), _LONGEST) if bounds.lengthen else 1
            value = self._telling(belief, self._probe_s * longer)
            if await self._ask(value, longer) is not None:
                belief = self._inference.belief(self._tried)
            asked += 1
        converged = self._content(belief)
        note = None if converged else f"{bounds.most_probes} probes were not enough"
        return self._believed(belief, note, converged=converged)

    def interrupted(self) -> MaxLoad:
        """What the probes come to that were not.

        Raises:
            Interrupted: there is none.
        """
        if not self._probes:
            raise Interrupted("interrupted before the first load was tried")
        note = f"interrupted after {len(self._probes)} runs"
        return self.so_far(note if self._bracketed else f"{note}; {self._open().note}")

    def so_far(self, note: str) -> MaxLoad:
        """What all probes come to, if no more are made."""
        if self._bracketed:
            return self._believed(self._inference.belief(self._tried), note, converged=False)
        return replace(self._open(), note=note)

    def _look_for_sense(self) -> None:
        """Go on after a load that did not hold only if a lower one may.

        Raises:
            _NothingMoreError: none will.
        """
        last = self._probes[-1]
        nothing = unanswered(self._probes)
        if nothing is not None and len(self._probes) >= _UNANSWERED:
            raise _NothingMoreError(nothing)
        latency_ms = last.latency_ms
        if self._axis.quantity != "rate" or latency_ms is None or 2 * last.good > last.requests:
            return
        if last.value * latency_ms / 1000 < _AT_EASE:
            raise _NothingMoreError(
                f"most requests miss the objective at {last.value:g} {self._axis.unit}, where they"
                " hardly overlap: no lower load will hold it"
            )

    @property
    def _bracketed(self) -> bool:
        return len({self._holds(tried) for tried in self._tried}) == 2  # noqa: PLR2004 (answers)

    @property
    def _probe_s(self) -> float:
        """Long enough for a server to fill up with answers: at ease they are shortest."""
        if not self._bounds.lengthen:
            return self._bounds.probe_s
        latencies = [one.latency_ms for one in self._probes if one.latency_ms is not None]
        at_ease_s = min(latencies, default=0.0) / 1000
        return max(self._bounds.probe_s, _ANSWERS * at_ease_s)

    async def _ask(self, value: float, longer: int = 1) -> Tried | None:
        """Probe; None: the client was the limit, or no request was due.

        Raises:
            _NothingMoreError: no request was due before there was any edge to look at.
        """
        value = self._axis.nearest(value)
        for _ in range(_CHANCES):
            result = await self._probe(self._axis.make(value), self._probe_s * longer)
            if result.slo != self._objective.slo or result.misses is None:
                raise UsageError("a probe was summarised by another SLO than that of the search")
            one = Probe(value=value, result=result)
            self._probes.append(one)
            if self._on_probe is not None:
                self._on_probe(one)
            if not one.client_bound and not one.empty:
                tried = one.tried()
                self._tried.append(tried)
                return tried
        if self._probes[-1].client_bound:
            self._ceiling = min(value, self._ceiling or value)
        elif not self._bracketed:
            raise _NothingMoreError(
                f"no request was due in {self._probe_s * longer:g} s at {value:g}"
                f" {self._axis.unit}: longer runs (--duration) are needed, or a higher rate"
            )
        return None

    def _holds(self, tried: Tried) -> bool:
        return float(tried.missed.mean()) <= 1 - self._objective.share + 1e-12

    def _telling(self, belief: EdgeBelief, probe_s: float) -> float:
        """The load near the edge that is worth most; where all was told from afar, one beside it.

        A concurrency is whole.
        """
        if self._narrow(belief):
            below, above = self._beside(belief, _BESIDE)
            low, _ = self._beside(belief, self._near)
            return above if self._tried_within(low, belief.at(0.5)) else below
        bounds, middle = self._bounds, belief.at(0.5)
        values = {
            self._axis.nearest(min(max(middle * ratio, bounds.least), bounds.most))
            for ratio in _AROUND
        }
        return max(
            sorted(values),
            key=lambda value: self._inference.worth(belief, value, probe_s, self._tried),
        )

    def _content(self, belief: EdgeBelief) -> bool:
        """The interval is narrow, and loads were tried close by on both sides."""
        low, high = self._beside(belief, self._near)
        middle = belief.at(0.5)
        return (
            self._narrow(belief)
            and self._tried_within(low, middle)
            and self._tried_within(middle, high)
        )

    @property
    def _near(self) -> float:
        return max(_NEAR, 1 + self._bounds.tolerance)

    def _beside(self, belief: EdgeBelief, ratio: float) -> tuple[float, float]:
        """Loads closely below and above the middle, within the bounds."""
        middle = belief.at(0.5)
        low, high = middle / ratio, middle * ratio
        if self._axis.quantity == "concurrency":
            low, high = float(math.floor(middle)), float(math.floor(middle) + 1)
        return max(low, self._bounds.least), min(high, self._bounds.most)

    def _narrow(self, belief: EdgeBelief) -> bool:
        tolerance = self._bounds.tolerance * belief.at(0.5)
        if self._axis.quantity == "concurrency":
            tolerance = max(1.0, tolerance)
        return self._interval(belief).width <= tolerance

    def _tried_within(self, low: float, high: float) -> bool:
        return any(low <= tried.value <= high for tried in self._tried)

    def _interval(self, belief: EdgeBelief) -> Interval:
        interval = belief.interval(self._bounds.level)
        return Interval(
            low=self._whole(interval.low), high=self._whole(interval.high), level=interval.level
        )

    def _whole(self, edge: float) -> float:
        """The highest load up to ``edge``: a concurrency is whole."""
        return float(math.floor(edge)) if self._axis.quantity == "concurrency" else edge

    def _believed(self, belief: EdgeBelief, note: str | None, *, converged: bool) -> MaxLoad:
        middle = self._whole(belief.at(0.5))
        return self._result(middle or None, self._interval(belief), note, converged=converged)

    def _open(self) -> MaxLoad:
        held = [tried.value for tried in self._tried if self._holds(tried)]
        failed = [tried.value for tried in self._tried if not self._holds(tried)]
        low, high = max(held, default=0.0), min(failed, default=float("inf"))
        nothing = unanswered(self._probes)
        if nothing is not None:
            high = float("inf")  # no load is too much for a server that answers nothing at any
        if self._ceiling is not None:
            reason = next((one.reason for one in reversed(self._probes) if one.client_bound), "")
            note = f"the client is the limit at {self._ceiling:g} {self._axis.unit}: {reason}"
        elif nothing is not None:
            note = nothing
        elif not held:
            note = f"the objective is not held at {high:g} {self._axis.unit}, the least tried"
        else:
            note = f"the objective is still held at {low:g} {self._axis.unit}, the most tried"
        interval = Interval(low=min(low, high), high=high, level=self._bounds.level)
        return self._result(None, interval, note, converged=False)

    def _result(
        self, estimate: float | None, interval: Interval, note: str | None, *, converged: bool
    ) -> MaxLoad:
        return MaxLoad(
            unit=self._axis.unit,
            objective=self._objective,
            estimate=estimate,
            interval=interval,
            converged=converged,
            client_bound_at=self._ceiling,
            note=note,
            probes=tuple(self._probes),
        )
