"""Two benchmarks held against each other, as documents."""

from __future__ import annotations

from typing import Any, Final

from modelforge.benchmark.run_diff import Change, Gated, MeasuredRun, RunDiff
from modelforge.export.estimate_record import estimate_record
from modelforge.export.json_text import json_text
from modelforge.export.markdown_text import code, table
from modelforge.export.run_diff_words import HEADS, OUTCOME_WORDS, described, gate_words, row

SCHEMA: Final = "modelforge.runs.diff/1"


def run_diff_json(found: RunDiff) -> str:
    """One line of JSON."""
    document = {
        "schema": SCHEMA,
        "level": found.baseline.level,
        "baseline": _run(found.baseline),
        "candidate": _run(found.candidate),
        "passed": found.passed,
        "changes": [_change(each) for each in found.changes],
        "gates": [_gated(gated) for gated in found.gates],
    }
    return f"{json_text(document)}\n"


def run_diff_markdown(found: RunDiff) -> str:
    """A document to read, or to post under a pull request."""
    parts = [
        "# Baseline and candidate",
        "\n".join(
            f"- {label}: {code(described(one))}"
            for label, one in (("baseline", found.baseline), ("candidate", found.candidate))
        ),
        table(
            ["figure (times in ms)", *HEADS[1:], "verdict"],
            [
                [*row(each, "–"), _verdict(each)]  # noqa: RUF001 (a dash is meant)
                for each in found.changes
            ],
        ),
    ]
    if found.gates:
        parts.append("## Gates")
        parts.append("\n".join(f"- **{g.outcome}** {code(gate_words(g))}" for g in found.gates))
    return "\n\n".join(parts) + "\n"


def _verdict(each: Change) -> str:
    return code(each.reason or "") if each.outcome is None else OUTCOME_WORDS[each.outcome][0]


def _run(one: MeasuredRun) -> dict[str, Any]:
    return {"name": one.name, "model": one.model, "status": one.status.value, "runs": one.runs}


def _change(each: Change) -> dict[str, Any]:
    return {
        "figure": each.figure.name,
        "baseline": estimate_record(each.baseline),
        "candidate": estimate_record(each.candidate),
        "ratio": estimate_record(each.ratio),
        "outcome": None if each.outcome is None else each.outcome.value,
        "reason": each.reason,
    }


def _gated(gated: Gated) -> dict[str, Any]:
    return {
        "figure": gated.gate.figure.name,
        "margin": gated.gate.margin,
        "outcome": gated.outcome,
        "ratio": estimate_record(gated.ratio),
        "reason": gated.reason,
    }
