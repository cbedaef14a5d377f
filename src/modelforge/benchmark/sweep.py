"""Loads from light to saturated, and the point at which more load brings no more answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelforge.benchmark.axis import Axis
from modelforge.benchmark.probe import Probe, RunProbe, unanswered
from modelforge.core.errors import Interrupted, UsageError
from modelforge.core.numbers import require_between, require_count

_LATENCY_GROWTH: Final = 1.05
"""From one load to the next, beyond which a flat throughput is saturation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepPlan:
    """Which loads a sweep tries.

    Attributes:
        start, most: the first load, and the highest.
        factor: from one load to the next.
        gain: more throughput than this share is growth.
        refinements: how many loads are tried between the last two.

    Raises:
        UsageError: there is no way from ``start`` to ``most``.
    """

    start: float
    most: float
    factor: float = 2.0
    gain: float = 0.05
    refinements: int = 3

    def __post_init__(self) -> None:
        if not 0 < self.start <= self.most:
            raise UsageError(f"a sweep goes up, not from {self.start:g} to {self.most:g}")
        require_between("the factor of a sweep", self.factor, 1.1, 10)
        require_between("the gain that counts as growth", self.gain, 0.001, 0.5)
        require_count("the number of refinements", self.refinements, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Saturation:
    """Where throughput ends to grow, with its evidence.

    Attributes:
        at: the lowest load tried that reaches the highest throughput, less the gain.
        below: the highest load tried that does not; None: the first one was saturated.
        requests_per_s: the highest throughput that was seen.
        latency_ratio: the mean latency at the highest load over that at the lowest.
    """

    at: float
    below: float | None
    requests_per_s: float
    latency_ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """What a sweep found; ``points`` ascend.

    Attributes:
        saturation: None where no load saturated the server; ``note`` says why.
        client_bound_at: the load at which the client itself was the limit; None: at none.
    """

    unit: str
    points: tuple[Probe, ...]
    saturation: Saturation | None
    client_bound_at: float | None
    note: str | None


async def sweep(
    probe: RunProbe,
    axis: Axis,
    plan: SweepPlan,
    *,
    on_probe: Callable[[Probe], None] | None = None,
) -> Sweep:
    """Raise the load by ``plan.factor`` until throughput grows no more while latency does.

    Then the saturation point is narrowed by loads at the geometric middle. A client-bound probe
    ends the climb and counts for nothing; one in which no request was due counts for nothing. A
    server that answers nothing at two loads is not saturated: the note says what it did.

    Raises:
        Interrupted: the first probe was; after a later one it is told what there is.
    """
    tried: dict[float, Probe] = {}

    async def ask(value: float) -> Probe:
        one = tried[value] = Probe(value=value, result=await probe(axis.make(value)))
        if on_probe is not None:
            on_probe(one)
        return one

    client_bound, saturated, note = None, False, None
    try:
        climbed, client_bound = await _climb(ask, axis, plan)
        nothing = _nothing_served(climbed)
        saturated = nothing is None and _saturated(climbed, plan.gain)
        if saturated:
            await _refine(ask, axis, plan, tried)
        elif client_bound is not None:
            note = f"the client is the limit at {client_bound:g} {axis.unit}"
        elif nothing is not None:
            note = nothing
        else:
            note = f"no saturation up to {plan.most:g} {axis.unit}"
    except Interrupted:
        if not tried:
            raise
        note = f"interrupted after {len(tried)} runs"
    return Sweep(
        unit=axis.unit,
        points=tuple(tried[value] for value in sorted(tried)),
        saturation=saturation_of(_counted(tried), plan.gain) if saturated else None,
        client_bound_at=client_bound,
        note=note,
    )


def saturation_of(points: Sequence[Probe], gain: float) -> Saturation:
    """The saturation point of ``points``, which ascend; there is at least one."""
    most = max(point.served_per_s for point in points)
    enough = most * (1 - gain)
    place = next(i for i, point in enumerate(points) if point.served_per_s >= enough)
    first, last = points[0].latency_ms, points[-1].latency_ms
    return Saturation(
        at=points[place].value,
        below=points[place - 1].value if place else None,
        requests_per_s=most,
        latency_ratio=last / first if first and last else 1.0,
    )


async def _climb(
    ask: Callable[[float], Awaitable[Probe]], axis: Axis, plan: SweepPlan
) -> tuple[list[Probe], float | None]:
    """The loads up to the first saturated one, and where the client was the limit."""
    points: list[Probe] = []
    value = axis.nearest(plan.start)
    while True:
        point = await ask(value)
        if point.client_bound:
            return points, value
        if not point.empty:
            points.append(point)
        following = axis.nearest(min(value * plan.factor, plan.most))
        barren = len(points) > 1 and _nothing_served(points) is not None
        if barren or _saturated(points, plan.gain) or following <= value:
            return points, None
        value = following


async def _refine(
    ask: Callable[[float], Awaitable[Probe]],
    axis: Axis,
    plan: SweepPlan,
    tried: Mapping[float, Probe],
) -> None:
    """Try loads between the last that was below the plateau and the first on it."""
    for _ in range(plan.refinements):
        found = saturation_of(_counted(tried), plan.gain)
        if found.below is None:
            return
        middle = axis.nearest((found.below * found.at) ** 0.5)
        if middle in tried or (await ask(middle)).client_bound:
            return


def _saturated(points: Sequence[Probe], gain: float) -> bool:
    """The last step brought no throughput and cost latency."""
    if len(points) < 2:  # noqa: PLR2004 (a step)
        return False
    before, last = points[-2], points[-1]
    if last.served_per_s > before.served_per_s * (1 + gain):
        return False
    if before.latency_ms is None or last.latency_ms is None:
        return True
    return last.latency_ms > before.latency_ms * _LATENCY_GROWTH


def _nothing_served(points: Sequence[Probe]) -> str | None:
    """Why there is no throughput to compare; None: there is."""
    if any(point.served_per_s for point in points):
        return None
    late = "no answer came before its run ended: longer runs (--duration) are needed"
    return unanswered(points) or late


def _counted(tried: Mapping[float, Probe]) -> list[Probe]:
    return [
        tried[value]
        for value in sorted(tried)
        if not tried[value].client_bound and not tried[value].empty
    ]
