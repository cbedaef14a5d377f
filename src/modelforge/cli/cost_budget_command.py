"""``modelforge cost budget``."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from modelforge.cli.cost_options import output_options
from modelforge.cli.dollars import Dollars
from modelforge.cli.sections import SectionedCommand
from modelforge.core.errors import RequestError

_REACHED: Final = 4


class _Thresholds(click.ParamType[tuple[float, ...]]):
    """``50%,80%,1.0``: shares of the limit."""

    name = "thresholds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            return tuple(
                float(part.strip().removesuffix("%")) / (100 if part.strip().endswith("%") else 1)
                for part in str(value).split(",")
            )
        except ValueError:
            self.fail(f"{value!r} are no thresholds: write 50%,80%,100%", param, ctx)


@click.command("budget", cls=SectionedCommand, short_help="What stored runs spent, with alerts.")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option("--limit", type=Dollars(), required=True, metavar="USD", help="The budget.")
@click.option(
    "--alert",
    "thresholds",
    type=_Thresholds(),
    default="80%,100%",
    show_default=True,
    metavar="SHARES",
    help="Thresholds of the budget.",
)
@click.option("--webhook", metavar="URL", help="Post there, as JSON, when a threshold is reached.")
@output_options(("json",))
def command(
    *,
    files: tuple[Path, ...],
    limit: Decimal,
    thresholds: tuple[float, ...],
    webhook: str | None,
    **options: Any,
) -> int:
    """Add up what stored runs spent: exports of comparisons and benchmarks, records, spend logs.

    \b
    modelforge cost budget answers.json load.json --limit 20 --alert 50%,80%,100%

    Exit codes: 0 below every threshold, 2 a file cannot be used, 4 a threshold is reached.
    """
    from modelforge.app.cost_budget import alert, read_runs, require_address  # noqa: PLC0415 (--help must not pay for it)
    from modelforge.cli.configuration import configure  # noqa: PLC0415 (as above)
    from modelforge.cli.reporting import write_export  # noqa: PLC0415 (as above)
    from modelforge.cost.spending import budget  # noqa: PLC0415 (as above)
    from modelforge.export.budget_record import budget_document, budget_view  # noqa: PLC0415 (as above)
    from modelforge.export.json_text import document_text  # noqa: PLC0415 (as above)

    if webhook is not None:
        require_address(webhook)
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    runs = read_runs(files, configuration)
    report = budget(runs, limit_usd=limit, thresholds=thresholds)
    if options["export_format"] is None and options["output"] is None:
        from modelforge.cli.console import print_table  # noqa: PLC0415 (rich)

        print_table(budget_view(report))
    else:
        formats = {"json": lambda: document_text(budget_document(report))}
        write_export(formats, options["export_format"], options["output"], inputs=files)
    if report.reached and webhook is not None:
        try:
            asyncio.run(alert(webhook, report))
        except RequestError as error:  # the threshold is what the exit code is for
            click.echo(f"modelforge: the alert was not delivered: {error}", err=True)
    return _REACHED if report.reached else 0
