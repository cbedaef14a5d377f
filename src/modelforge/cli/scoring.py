"""A table of graded answers from the terminal: options in, evidence out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelforge.app.graded import GradedTable, read_graded
from modelforge.app.report_output import ReportOutput
from modelforge.cli.reporting import deliver
from modelforge.cli.scores_command import columns_of, input_of
from modelforge.compare.evidence import evidence
from modelforge.compare.evidence_plan import EvidencePlan
from modelforge.compare.margins import Margins
from modelforge.compare.quantity import score
from modelforge.export.evidence_formats import evidence_json, evidence_markdown
from modelforge.export.evidence_view import evidence_view

_FORMATS = ("json", "markdown")


def run(table: str, options: Mapping[str, Any]) -> int:
    """Compare by a table as ``options`` say; returns the exit code."""
    quantity = score(options["score_field"], higher_is_better=not options["lower_is_better"])
    margins = [] if options["margin"] is None else [options["margin"]]
    plan = EvidencePlan(
        level=options["confidence"], margins=Margins.parse(margins, names=[quantity.name])
    )
    graded = GradedTable(
        path=table,
        case=options["case_field"],
        model=options["model_field"],
        score=options["score_field"],
        cluster=options["cluster_field"],
        columns=columns_of(options["columns"]),
        format=options["format_"],
    )
    output = ReportOutput.of(
        options["export"], options["output"], inputs=input_of(table), formats=_FORMATS
    )
    found = evidence(read_graded(graded, quantity), plan)
    deliver(
        output,
        {"json": lambda: evidence_json(found), "markdown": lambda: evidence_markdown(found)},
        view=evidence_view(found),
        otherwise="one case says nothing of others: grade more",
        quiet=options["quiet"],
    )
    return 0
