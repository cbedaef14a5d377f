"""Several models benchmarked in turns, A B B A …, and what their runs say of each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from modelforge.benchmark.figure import USUAL, Figure
from modelforge.benchmark.result import BenchmarkResult
from modelforge.core.errors import UnusableSample
from modelforge.stats.estimate import Estimate
from modelforge.stats.holm import holm
from modelforge.stats.paired_runs import compare_runs
from modelforge.stats.run_difference import run_ratio
from modelforge.stats.verdict import Outcome


def turns(models: int, rounds: int) -> Iterator[tuple[int, int]]:
    """Which model runs and in which round, both from 0: every second round goes backwards.

    What drifts steadily over the hour then weighs the same on all.
    """
    for round_ in range(rounds):
        order = range(models) if round_ % 2 == 0 else reversed(range(models))
        for model in order:
            yield model, round_


@dataclass(frozen=True, kw_only=True, slots=True)
class FigurePair:
    """One figure of two models.

    Attributes:
        first, second: places of the models.
        values: of both, over their runs.
        ratio: the first's over the second's; None where it cannot be made, with the ``reason``.
        pairs: of runs that it rests on; 0: on the intervals within one run each.
        adjusted_p: by Holm over the pairs of models; None where it rests on intervals.
        detectable: the least change that so many pairs of runs find four times in five.
        outcome: of the first model.
    """

    figure: Figure
    first: int
    second: int
    values: tuple[float, float]
    ratio: Estimate | None = None
    pairs: int = 0
    adjusted_p: float | None = None
    detectable: float | None = None
    outcome: Outcome | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnsComparison:
    """Every figure of every pair of models; ``margin`` is the change that does not matter."""

    results: tuple[BenchmarkResult, ...]
    level: float
    margin: float | None
    pairs: tuple[FigurePair, ...]


def compare_turns(
    results: Sequence[BenchmarkResult], *, level: float = 0.95, margin: float | None = None
) -> TurnsComparison:
    """Compare models by their runs, in pairs of the same round; or, of one run each, by intervals.

    Raises:
        OutOfRange: ``level`` is no share, or ``margin`` is not above 0.
    """
    found: list[FigurePair] = []
    for figure in USUAL:
        found.extend(_of_figure(figure, results, level, margin))
    return TurnsComparison(results=tuple(results), level=level, margin=margin, pairs=tuple(found))


def _of_figure(
    figure: Figure, results: Sequence[BenchmarkResult], level: float, margin: float | None
) -> list[FigurePair]:
    made: list[FigurePair] = []
    p_values: list[float] = []
    equivalent: dict[int, float] = {}
    for first, second in combinations(range(len(results)), 2):
        a, b = figure.value(results[first]), figure.value(results[second])
        if a is None or b is None:
            continue
        pair = FigurePair(figure=figure, first=first, second=second, values=(a, b))
        rounds = _rounds(figure, results[first], results[second])
        try:
            if len(rounds) < 2:  # noqa: PLR2004 (runs in pairs)
                made.append(_within(pair, results))
                continue
            compared = compare_runs(*zip(*rounds, strict=True), margin=margin, level=level)
        except UnusableSample as fault:
            made.append(replace(pair, reason=str(fault)))
            continue
        p_values.append(compared.p_value)
        if compared.equivalence_p is not None:
            equivalent[len(made)] = compared.equivalence_p
        made.append(
            replace(
                pair,
                ratio=compared.ratio,
                pairs=len(rounds),
                adjusted_p=compared.p_value,
                detectable=compared.detectable,
            )
        )
    return _adjusted(made, p_values, equivalent, alpha=round(1 - level, 12))


def _rounds(
    figure: Figure, first: BenchmarkResult, second: BenchmarkResult
) -> list[tuple[float, float]]:
    """The figure in each round that both have."""
    pairs = []
    for a, b in zip(first.runs, second.runs, strict=False):
        one, other = figure.value(a), figure.value(b)
        if one is not None and other is not None:
            pairs.append((one, other))
    return pairs


def _within(pair: FigurePair, results: Sequence[BenchmarkResult]) -> FigurePair:
    a = pair.figure.estimate(results[pair.first])
    b = pair.figure.estimate(results[pair.second])
    if a is None or b is None:
        return replace(pair, reason="too few requests for an interval")
    ratio = run_ratio(a, b)
    return replace(pair, ratio=ratio, outcome=pair.figure.outcome(ratio))


def _adjusted(
    made: list[FigurePair], p_values: list[float], equivalent: dict[int, float], *, alpha: float
) -> list[FigurePair]:
    adjusted = iter(holm(p_values) if p_values else ())
    found = []
    for place, pair in enumerate(made):
        if pair.adjusted_p is None or pair.ratio is None:
            found.append(pair)
            continue
        p_value = next(adjusted)
        outcome = Outcome.NOT_DISTINGUISHABLE
        if equivalent.get(place, 1.0) <= alpha:
            outcome = Outcome.EQUIVALENT
        elif p_value <= alpha:
            outcome = pair.figure.direction(pair.ratio)
        found.append(replace(pair, adjusted_p=p_value, outcome=outcome))
    return found
