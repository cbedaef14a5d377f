"""Print the comparison that docs/concepts/comparing-models.md shows: four models, 1,319 problems.

    python -m scripts.gsm8k_example [PATH]

The answers are those published with GSM8K (Cobbe et al., *Training Verifiers to Solve Math Word
Problems*, 2021; github.com/openai/grade-school-math, MIT licence): a fine-tuned and a
verified model of two sizes, each answer graded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from modelforge.stats.paired_comparison import PairedComparison
from modelforge.stats.power import pass_fail_prompts_needed
from modelforge.stats.proportion import proportion
from modelforge.stats.several_models import OneOfSeveral, compare_all

DATA = Path(__file__).parents[2] / "shared" / "data" / "gsm8k_model_solutions.jsonl"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
MARGIN = 0.02
SHARED = 100
"""Prompts of the smaller comparison."""


def main() -> None:
    scores = read(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    few = {name: passed[:SHARED] for name, passed in scores.items()}
    lines = [
        *solved(scores),
        "",
        *compared(compare(scores)),
        "",
        f"With the first {SHARED} problems alone:",
        *(pair.verdict.sentence for pair in compare(few)),
        "",
        *planned(compare(scores)),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def read(path: Path) -> dict[str, list[bool]]:
    """Whether each model solved each problem, in the file's order."""
    with path.open(encoding="utf-8") as lines:
        problems = [json.loads(line) for line in lines]
    return {name: [problem[name]["is_correct"] for problem in problems] for name in MODELS}


def compare(scores: dict[str, list[bool]]) -> tuple[OneOfSeveral, ...]:
    return compare_all(scores, rng=np.random.default_rng(1), margin=MARGIN)


def solved(scores: dict[str, list[bool]]) -> Iterator[str]:
    for name, passed in scores.items():
        share = proportion(sum(passed), len(passed))
        low, high = 100 * share.interval.low, 100 * share.interval.high
        yield f"{name:18} solves {100 * share.point:4.1f} %  ({low:.1f} to {high:.1f})"


def compared(pairs: tuple[OneOfSeveral, ...]) -> Iterator[str]:
    yield f"{'first':16} {'second':18} {'alone':>7} {'difference, points':>24} {'p':>8} {'Holm':>8}"
    for pair in pairs:
        made = pair.comparison
        low, high = 100 * made.difference.interval.low, 100 * made.difference.interval.high
        difference = f"{100 * made.difference.point:+.1f} ({low:+.1f} to {high:+.1f})"
        yield (
            f"{made.first:16} {made.second:18} {alone(made):>7} {difference:>24} "
            f"{made.p_value:8.2g} {pair.adjusted_p:8.2g}"
        )
    yield ""
    for pair in pairs:
        yield pair.verdict.sentence


def alone(made: PairedComparison) -> str:
    """The problems that only the first solves, and only the second."""
    return f"{made.pass_fail.first_only}:{made.pass_fail.second_only}" if made.pass_fail else ""


def planned(pairs: tuple[OneOfSeveral, ...]) -> Iterator[str]:
    """What it takes to tell the two nearest models apart."""
    nearest = min((pair.comparison for pair in pairs), key=lambda c: abs(c.difference.point))
    if nearest.pass_fail is None:
        return
    n = nearest.difference.n
    needed = pass_fail_prompts_needed(
        nearest.pass_fail.first_only / n, nearest.pass_fail.second_only / n
    )
    yield f"To tell {nearest.first} and {nearest.second} apart four times in five: {needed} prompts"


if __name__ == "__main__":
    main()
