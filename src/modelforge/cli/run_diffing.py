"""Two kept benchmarks from the terminal: files in, changes and gates out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from modelforge.app.measured_runs import measured_run
from modelforge.app.report_output import ReportOutput
from modelforge.benchmark.figure import USUAL, figure_named
from modelforge.benchmark.run_diff import Gate, RunDiff, diff
from modelforge.benchmark.verdict import Status
from modelforge.cli.reporting import deliver
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between
from modelforge.export.run_diff_formats import run_diff_json, run_diff_markdown
from modelforge.export.run_diff_view import run_diff_view
from modelforge.export.terminal_text import terminal_line

_INVALID: Final = 3
_GATE: Final = 4
_FORMATS: Final = ("json", "markdown")


def run(baseline: Path, candidate: Path, options: Mapping[str, Any]) -> int:
    """Compare as ``options`` say; returns the exit code."""
    level = options["confidence"]
    if level is not None:
        require_between("the confidence", level, 0.5, 0.9999)
    gates = [Gate.parse(text) for text in options["gates"]]
    figures = [figure_named(name) for name in options["figures"]] or USUAL
    output = ReportOutput.of(
        options["export"], options["output"], inputs=(baseline, candidate), formats=_FORMATS
    )
    first, second = (measured_run(path, level=level) for path in (baseline, candidate))
    if first.level != second.level:
        raise UsageError(
            f"{first.name} has intervals of {first.level:g} and {second.name} of {second.level:g}:"
            " report one again from its records with --confidence"
        )
    found = diff(first, second, figures=figures, gates=gates)
    deliver(
        output,
        {"json": lambda: run_diff_json(found), "markdown": lambda: run_diff_markdown(found)},
        view=run_diff_view(found),
        quiet=options["quiet"],
    )
    return _exit_code(found, options)


def _exit_code(found: RunDiff, options: Mapping[str, Any]) -> int:
    for one in (found.baseline, found.candidate):
        if one.status is Status.INVALID and not options["allow_invalid"]:
            click.echo(terminal_line(f"modelforge: {one.name} is INVALID"), err=True)
            return _INVALID
    if found.failed or not (found.passed or options["allow_unknown"]):
        return _GATE
    return 0
