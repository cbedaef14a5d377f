"""What a million tokens cost on a machine of your own, and from when on it beats an API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from modelforge.core.errors import ScenarioError
from modelforge.core.model_id import ModelId
from modelforge.stats.distributions import normal_quantile
from modelforge.stats.interval import Interval

_HOUR_S: Final = 3600
_DAY_H: Final = 24
_MILLION: Final = 1e6


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredLoad:
    """One load of a sweep.

    Attributes:
        load: in the sweep's unit; ``valid`` is False where the client was the limit.
        duration_s: of the measurement, with ``requests`` answered in it.
        requests_per_s, tokens_per_s: answered requests and output tokens a second.
        prompt_tokens, completion_tokens: of all measured requests; None: no server counted them.
        percentiles: milliseconds by measure and percentile, as in ``{"ttft": {"p99": 312.0}}``.
        good_share: the share of the requests that met the sweep's own limits; None: it had none.
    """

    load: float
    valid: bool
    duration_s: float
    requests: int
    failed: int
    requests_per_s: float
    tokens_per_s: float
    prompt_tokens: int | None
    completion_tokens: int | None
    percentiles: Mapping[str, Mapping[str, float]]
    good_share: float | None

    def holds(self, limits_ms: Mapping[str, float], percentile: str) -> bool:
        """Whether ``percentile`` of each measure is within its limit, and nothing failed.

        Raises:
            ScenarioError: the sweep did not keep that percentile.
        """
        for measure, limit_ms in limits_ms.items():
            found = self.percentiles.get(measure, {})
            if percentile not in found:
                known = ", ".join(found) or "none"
                raise ScenarioError(
                    f"the sweep does not tell the {percentile} of {measure}: it has {known}"
                )
            if found[percentile] > limit_ms:
                return False
        return not self.failed


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadCost:
    """What tokens cost at one load.

    Attributes:
        usd_per_million: US dollars per million output tokens; ``interval``: as sure as the count
            of requests makes the throughput.
        usd_per_request: of a mean request of the sweep.
        holds: the limits hold there; None: there were none.
    """

    at: MeasuredLoad
    usd_per_million: float
    interval: Interval
    usd_per_request: float
    holds: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BreakEven:
    """From how many requests a day on a machine costs less than an API.

    Attributes:
        usd_per_request: the API's.
        requests_per_day: the machine's whole cost over the API's price of a request; None where
            the API costs nothing that can be compared.
        share: of what one machine can answer in a day within its limits; above 1 the API is
            cheaper at every load of it.
    """

    model: ModelId
    usd_per_request: float | None
    requests_per_day: float | None
    share: float | None
    note: str | None = None

    @property
    def beaten(self) -> bool:
        """Whether there is a load at which the machine is cheaper."""
        return self.share is not None and self.share <= 1


@dataclass(frozen=True, kw_only=True, slots=True)
class HardwareCost:
    """A machine's cost over its loads.

    Attributes:
        best: the highest load that holds the limits; None: none does.
        prompt_tokens, completion_tokens: of a mean request of the best load (else of the last).
    """

    usd_per_hour: float
    unit: str
    limits: str | None
    loads: tuple[LoadCost, ...]
    best: LoadCost | None
    prompt_tokens: float | None
    completion_tokens: float | None
    break_even: tuple[BreakEven, ...] = ()

    @property
    def requests_per_day(self) -> float | None:
        """What one machine answers in a day at its best load."""
        return None if self.best is None else self.best.at.requests_per_s * _HOUR_S * _DAY_H


def hardware_cost(
    loads: Sequence[MeasuredLoad],
    *,
    usd_per_hour: float,
    unit: str,
    limits_ms: Mapping[str, float],
    percentile: str = "p99",
    limits: str | None = None,
    level: float = 0.95,
) -> HardwareCost:
    """The cost of tokens at each valid load, and the highest load that holds ``limits_ms``.

    A machine costs the same whether it is busy or not: US dollars per million tokens are its
    dollars an hour over the tokens it gave in an hour at that load.

    Raises:
        ScenarioError: the price is not above 0, or no load was measured validly.
    """
    if not 0 < usd_per_hour < math.inf:
        raise ScenarioError(f"dollars an hour must be above 0, not {usd_per_hour:g}")
    valid = sorted((one for one in loads if one.valid and one.requests), key=lambda one: one.load)
    if not valid:
        raise ScenarioError("no load of the sweep was measured validly: nothing can be priced")
    costs = tuple(
        _cost(one, usd_per_hour, one.holds(limits_ms, percentile) if limits_ms else None, level)
        for one in valid
    )
    holding = _held(costs)
    told = holding or costs[-1]
    return HardwareCost(
        usd_per_hour=usd_per_hour,
        unit=unit,
        limits=limits,
        loads=costs,
        best=holding,
        prompt_tokens=_each(told.at.prompt_tokens, told.at.requests),
        completion_tokens=_each(told.at.completion_tokens, told.at.requests),
    )


def break_even(
    machine: HardwareCost, model: ModelId, usd_per_request: float | None, *, note: str | None = None
) -> BreakEven:
    """From how many requests a day on ``machine`` costs less than ``model`` at its API."""
    most = machine.requests_per_day
    if not usd_per_request or most is None:
        return BreakEven(
            model=model,
            usd_per_request=usd_per_request,
            requests_per_day=None,
            share=None,
            note=note or "no load of the machine holds the limits",
        )
    needed = machine.usd_per_hour * _DAY_H / usd_per_request
    return BreakEven(
        model=model,
        usd_per_request=usd_per_request,
        requests_per_day=needed,
        share=needed / most,
        note=note,
    )


def _held(costs: Sequence[LoadCost]) -> LoadCost | None:
    """The highest load up to which every one holds the limits; without limits, the best value."""
    if costs[0].holds is None:
        return min(costs, key=lambda cost: cost.usd_per_million)
    best = None
    for cost in costs:
        if not cost.holds:
            break
        best = cost
    return best


def _cost(at: MeasuredLoad, usd_per_hour: float, holds: bool | None, level: float) -> LoadCost:
    usd_per_million = usd_per_hour / (at.tokens_per_s * _HOUR_S) * _MILLION
    # Throughput as a count over a time: the logarithm of a Poisson rate has the error 1/sqrt(n).
    spread = math.exp(normal_quantile((1 + level) / 2) / math.sqrt(at.requests))
    return LoadCost(
        at=at,
        usd_per_million=usd_per_million,
        interval=Interval(low=usd_per_million / spread, high=usd_per_million * spread, level=level),
        usd_per_request=usd_per_hour / (at.requests_per_s * _HOUR_S),
        holds=holds,
    )


def _each(tokens: int | None, requests: int) -> float | None:
    return None if tokens is None else tokens / requests
