"""Several models' benchmarks compared: the words that the terminal and the documents share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from modelforge.benchmark.turns import FigurePair, TurnsComparison
from modelforge.export.change_words import change, change_between, value
from modelforge.export.evidence_words import p_value

HEADS: Final = ("", "first", "second", "change", "p")


def by_models(found: TurnsComparison) -> Iterator[list[FigurePair]]:
    """The figures of each two models, two after two."""

    def models(pair: FigurePair) -> tuple[int, int]:
        return pair.first, pair.second

    for _, pairs in groupby(sorted(found.pairs, key=models), key=models):
        yield list(pairs)


def models_of(pair: FigurePair, found: TurnsComparison) -> tuple[str, str]:
    """The names of the two models; foreign words, not clean yet."""
    first, second = found.results[pair.first], found.results[pair.second]
    return first.plan.model, second.plan.model


def basis(pairs: Sequence[FigurePair], found: TurnsComparison) -> str:
    """What the comparison rests on, and what it could have found."""
    runs = max((pair.pairs for pair in pairs), default=0)
    level = f"{100 * found.level:.4g} %"
    if not runs:
        return (
            f"{level}, from one run each: what differs between runs is not known;"
            " --runs 4 and more tells"
        )
    least = [pair.detectable for pair in pairs if pair.detectable is not None]
    finds = f"; finds changes from {100 * min(least):.2g} % on" if least else ""
    several = " (Holm)" if len(found.results) > 2 else ""  # noqa: PLR2004 (one pair is not several)
    margin = "" if found.margin is None else f"; up to {100 * found.margin:.3g} % does not matter"
    return f"{level}, {runs} pairs of runs{several}{finds}{margin}"


def row(pair: FigurePair) -> tuple[str, ...]:
    """The figure, both values, the change with its interval, p, and the outcome in a word."""
    a, b = (value(pair.figure, number) for number in pair.values)
    if pair.ratio is None:
        return (pair.figure.label, a, b, "", "", pair.reason or "")
    changed = f"{change(pair.ratio.point)} ({change_between(pair.ratio)})"
    p = (
        ""
        if pair.adjusted_p is None
        else p_value(pair.adjusted_p).removeprefix("p = ").replace("p ", "")
    )
    word = "" if pair.outcome is None else pair.outcome.value
    return (pair.figure.label, a, b, changed, p, word)
