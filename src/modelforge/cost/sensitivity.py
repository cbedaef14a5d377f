"""Which input moves a bill most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.projection import project
from modelforge.cost.scenario import CostScenario
from modelforge.cost.traffic import Traffic

STEP: Final = 0.10


@dataclass(frozen=True, kw_only=True, slots=True)
class Swing:
    """The bill with one input 10 % lower and 10 % higher, everything else as it was.

    ``below`` and ``above`` say what the input was then.
    """

    input: str
    low_usd: float
    high_usd: float
    below: str
    above: str

    @property
    def width_usd(self) -> float:
        """How far apart both are."""
        return abs(self.high_usd - self.low_usd)


def sensitivity(scenario: CostScenario, model: ModelTerms, *, seed: int = 0) -> tuple[Swing, ...]:
    """One input at a time, 10 % down and up, the widest swing first (a tornado).

    A share moves by 10 % of itself and never above 1. Inputs that are 0 do not move.
    """
    traffic = Traffic.of(scenario, seed=seed)

    def usd(changed: CostScenario, requests: Traffic) -> float:
        return float(project(changed, [model], resamples=0, traffic=requests).usd[0])

    swings = [
        Swing(
            input=name,
            low_usd=usd(*below),
            high_usd=usd(*above),
            below=told[0],
            above=told[1],
        )
        for name, told, below, above in _changes(scenario, traffic, seed)
    ]
    return tuple(sorted(swings, key=lambda swing: -swing.width_usd))


_Changed = tuple[CostScenario, Traffic]


def _changes(
    scenario: CostScenario, traffic: Traffic, seed: int
) -> Iterator[tuple[str, tuple[str, str], _Changed, _Changed]]:
    factors = (1 - STEP, 1 + STEP)
    per_day = [scenario.prompts_per_day * factor for factor in factors]
    yield (
        "requests a day",
        (f"{per_day[0]:,.0f}", f"{per_day[1]:,.0f}"),
        *((replace(scenario, prompts_per_day=value), traffic) for value in per_day),
    )
    for name, side in (("prompt tokens", "prompt"), ("completion tokens", "completion")):
        mean = scaled_mean(traffic, side)
        if mean:
            yield (
                name,
                (f"{mean * factors[0]:,.0f} a request", f"{mean * factors[1]:,.0f} a request"),
                *((scenario, traffic.scaled(**{side: factor})) for factor in factors),
            )
    for field, name in (
        ("cache_hit_rate", "cache hit rate"),
        ("cache_write_rate", "cache write rate"),
        ("retries", "retries"),
        ("growth_per_month", "growth a month"),
    ):
        value = getattr(scenario, field)
        moves = value and (field != "growth_per_month" or len(scenario.months) > 1)
        if moves:
            values = [_bounded(scenario, field, value * factor) for factor in factors]
            changed = [replace(scenario, **{field: one}) for one in values]
            yield (
                name,
                (f"{values[0]:.1%}", f"{values[1]:.1%}"),
                *((one, Traffic.of(one, seed=seed)) for one in changed),
            )


def _bounded(scenario: CostScenario, field: str, value: float) -> float:
    others = {"cache_hit_rate": "cache_write_rate", "cache_write_rate": "cache_hit_rate"}
    if field in others:
        return min(value, 1 - getattr(scenario, others[field]))
    return value


def scaled_mean(traffic: Traffic, side: str) -> float:
    """Tokens of a mean request on one side: ``prompt`` or ``completion``."""
    if side == "prompt":
        return float(np.average(traffic.prompt, weights=traffic.weights))
    whole = traffic.tokens.sum(axis=1) - traffic.prompt
    return float(np.average(whole, weights=traffic.weights))
