"""``modelforge runs``: what was measured before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from modelforge.cli.report_options import report_options

_file = click.Path(path_type=Path)


@click.group("runs", short_help="Hold what was measured against each other.")
def command() -> None:
    """Hold benchmarks that were kept against each other."""


@command.command("diff", short_help="What changed between two benchmarks; gates for CI.")
@click.argument("baseline", type=_file)
@click.argument("candidate", type=_file)
@click.option(
    "--gate",
    "gates",
    multiple=True,
    metavar="FIGURE=P%",
    help="Fail where the figure is worse by more: ttft.p99=5%, requests_per_s=3%.",
)
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="FIGURE",
    help="Show these instead of the usual ones.",
)
@click.option(
    "--confidence", type=float, metavar="P", help="Of records: how sure intervals are to be."
)
@click.option("--allow-unknown", is_flag=True, help="Let a gate pass that cannot be decided.")
@click.option("--allow-invalid", is_flag=True, help="Compare although a run is INVALID.")
@report_options(("json", "markdown"))
def diff(*, baseline: Path, candidate: Path, **options: Any) -> int:
    """Compare a CANDIDATE with a BASELINE: two reports (.json) or records (.arrows).

    Each change has an interval. A gate passes where the whole interval is within its limit, fails
    where the whole of it is beyond, and is unknown in between.

    \b
    modelforge runs diff main.json branch.json
    modelforge runs diff main.json branch.json --gate ttft.p99=5% --gate requests_per_s=3%

    Exit codes: 0 compared and every gate passed, 2 a file cannot be used, 3 a run is INVALID,
    4 a gate failed or could not be decided.
    """
    from modelforge.cli.run_diffing import run  # noqa: PLC0415 (--help must not pay for it)

    return run(baseline, candidate, options)
