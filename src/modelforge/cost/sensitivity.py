"""Which input moves a bill most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from modelforge.cost.bill_lines import BillLines
from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.scenario import CostScenario
from modelforge.cost.totals import Totals
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
    traffic, lines = Traffic.of(scenario, seed=seed), BillLines.of([model])

    def usd(changed: CostScenario, requests: Traffic) -> float:
        return float(Totals.of(changed, lines, requests).usd[0])

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
_Told = tuple[str, str]


def _changes(
    scenario: CostScenario, traffic: Traffic, seed: int
) -> Iterator[tuple[str, _Told, _Changed, _Changed]]:
    fewer, more = 1 - STEP, 1 + STEP
    per_day = scenario.prompts_per_day
    yield (
        "requests a day",
        (f"{per_day * fewer:,.0f}", f"{per_day * more:,.0f}"),
        (replace(scenario, prompts_per_day=per_day * fewer), traffic),
        (replace(scenario, prompts_per_day=per_day * more), traffic),
    )
    prompt, completion = mean_tokens(traffic)
    if prompt:
        yield (
            "prompt tokens",
            _each(prompt),
            (scenario, traffic.scaled(prompt=fewer)),
            (scenario, traffic.scaled(prompt=more)),
        )
    if completion:
        yield (
            "completion tokens",
            _each(completion),
            (scenario, traffic.scaled(completion=fewer)),
            (scenario, traffic.scaled(completion=more)),
        )
    for name, values, change in _rates(scenario):
        lower, higher = map(change, values)
        yield (
            name,
            (f"{values[0]:.1%}", f"{values[1]:.1%}"),
            (lower, Traffic.of(lower, seed=seed)),
            (higher, Traffic.of(higher, seed=seed)),
        )


def _rates(
    scenario: CostScenario,
) -> Iterator[tuple[str, tuple[float, float], Callable[[float], CostScenario]]]:
    """The shares that are not 0: their names, both values, and the scenario with one."""
    hit, write = scenario.cache_hit_rate, scenario.cache_write_rate
    if hit:
        values = (hit * (1 - STEP), min(hit * (1 + STEP), 1 - write))
        yield "cache hit rate", values, lambda value: replace(scenario, cache_hit_rate=value)
    if write:
        values = (write * (1 - STEP), min(write * (1 + STEP), 1 - hit))
        yield "cache write rate", values, lambda value: replace(scenario, cache_write_rate=value)
    if scenario.retries:
        values = (scenario.retries * (1 - STEP), scenario.retries * (1 + STEP))
        yield "retries", values, lambda value: replace(scenario, retries=value)
    growth = scenario.growth_per_month
    if growth and len(scenario.months) > 1:
        values = (growth * (1 - STEP), max(growth * (1 + STEP), -1.0))
        yield "growth a month", values, lambda value: replace(scenario, growth_per_month=value)


def _each(mean: float) -> _Told:
    return f"{mean * (1 - STEP):,.0f} a request", f"{mean * (1 + STEP):,.0f} a request"


def mean_tokens(traffic: Traffic) -> tuple[float, float]:
    """The tokens of a mean request's prompt and answer."""
    answers = traffic.tokens.sum(axis=1) - traffic.prompt
    return (
        float(np.average(traffic.prompt, weights=traffic.weights)),
        float(np.average(answers, weights=traffic.weights)),
    )
