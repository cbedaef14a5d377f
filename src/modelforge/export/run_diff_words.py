"""Two benchmarks held against each other: the words that the terminal and the documents share."""

from __future__ import annotations

from typing import Final

from modelforge.benchmark.run_diff import Change, Gated, MeasuredRun
from modelforge.export.change_words import change, change_between, value
from modelforge.stats.verdict import Outcome

HEADS: Final = ("times in ms", "before", "after", "change")
OUTCOME_WORDS: Final = {
    Outcome.BETTER: ("better", "green"),
    Outcome.WORSE: ("worse", "red"),
    Outcome.NOT_DISTINGUISHABLE: ("not told apart", "yellow"),
    Outcome.EQUIVALENT: ("equivalent", "cyan"),
}
"""And their colours."""


def described(one: MeasuredRun) -> str:
    """A run in a line; foreign words, not clean yet."""
    runs = f", {one.runs} runs" if one.runs > 1 else ""
    return f"{one.name}: {one.model}, {one.status.value}{runs}, {100 * one.level:.4g} % intervals"


def row(each: Change, unknown: str) -> tuple[str, str, str, str]:
    """The figure, both values, and the change with its interval."""
    a, b = (
        unknown if estimate is None else value(each.figure, estimate.point)
        for estimate in (each.baseline, each.candidate)
    )
    label = each.figure.label
    if each.ratio is None:
        return label, a, b, unknown
    return label, a, b, f"{change(each.ratio.point)} ({change_between(each.ratio)})"


def gate_words(gated: Gated) -> str:
    """What a gate allows, what happened, and why it is not known where it is not."""
    direction = "fall" if gated.gate.figure.higher_is_better else "rise"
    said = f"{gated.gate.figure.label} may {direction} by {100 * gated.gate.margin:.3g} %"
    if gated.ratio is not None:
        said += f", and changed by {change(gated.ratio.point)} ({change_between(gated.ratio)})"
    return f"{said}: {gated.reason}" if gated.reason else said
