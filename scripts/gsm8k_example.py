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

from modelforge.compare.evidence import QuantityEvidence, evidence
from modelforge.compare.evidence_plan import EvidencePlan
from modelforge.compare.margins import Margin, Margins
from modelforge.compare.observations import Observations
from modelforge.compare.quantity import score
from modelforge.export.evidence_words import pair_verdict
from modelforge.stats.paired_comparison import PairedComparison
from modelforge.stats.power import pass_fail_prompts_needed

DATA = Path(__file__).parents[2] / "shared" / "data" / "gsm8k_model_solutions.jsonl"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
PLAN = EvidencePlan(margins=Margins(others=Margin(size=0.02, relative=False)))
SHARED = 100
"""Prompts of the smaller comparison."""


def main() -> None:
    scores = read(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    whole = compare(scores)
    few = compare({name: passed[:SHARED] for name, passed in scores.items()})
    lines = [
        *solved(whole),
        "",
        *compared(whole),
        "",
        *sentences(whole),
        "",
        f"With the first {SHARED} problems alone:",
        *sentences(few),
        "",
        *planned(whole),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def read(path: Path) -> dict[str, list[bool]]:
    """Whether each model solved each problem, in the file's order."""
    with path.open(encoding="utf-8") as lines:
        problems = [json.loads(line) for line in lines]
    return {name: [problem[name]["is_correct"] for problem in problems] for name in MODELS}


def compare(scores: dict[str, list[bool]]) -> QuantityEvidence:
    seen = Observations((score("solved"),), models=scores)
    for name, passed in scores.items():
        for problem, solved_ in enumerate(passed):
            seen.add(name, problem, {"solved": float(solved_)})
    return evidence(seen, PLAN).quantities[0]


def solved(found: QuantityEvidence) -> Iterator[str]:
    for figures in found.figures:
        if figures.mean is not None:
            low, high = 100 * figures.mean.interval.low, 100 * figures.mean.interval.high
            share = f"{100 * figures.mean.point:4.1f} %"
            yield f"{figures.model:18} solves {share}  ({low:.1f} to {high:.1f})"


def compared(found: QuantityEvidence) -> Iterator[str]:
    yield f"{'first':16} {'second':18} {'alone':>7} {'difference, points':>24} {'p':>8} {'Holm':>8}"
    for pair in found.pairs:
        made = pair.comparison
        if made is None:
            continue
        low, high = 100 * made.difference.interval.low, 100 * made.difference.interval.high
        difference = f"{100 * made.difference.point:+.1f} ({low:+.1f} to {high:+.1f})"
        yield (
            f"{made.first:16} {made.second:18} {alone(made):>7} {difference:>24} "
            f"{made.p_value:8.2g} {pair.adjusted_p or 0.0:8.2g}"
        )


def sentences(found: QuantityEvidence) -> Iterator[str]:
    for pair in found.pairs:
        if (said := pair_verdict(pair, found.quantity)) is not None:
            yield said.sentence


def alone(made: PairedComparison) -> str:
    """The problems that only the first solves, and only the second."""
    return f"{made.pass_fail.first_only}:{made.pass_fail.second_only}" if made.pass_fail else ""


def planned(found: QuantityEvidence) -> Iterator[str]:
    """What it takes to tell the two nearest models apart."""
    made = (pair.comparison for pair in found.pairs if pair.comparison is not None)
    nearest = min(made, key=lambda c: abs(c.difference.point))
    if nearest.pass_fail is None:
        return
    n = nearest.difference.n
    needed = pass_fail_prompts_needed(
        nearest.pass_fail.first_only / n, nearest.pass_fail.second_only / n
    )
    yield f"To tell {nearest.first} and {nearest.second} apart four times in five: {needed} prompts"


if __name__ == "__main__":
    main()
