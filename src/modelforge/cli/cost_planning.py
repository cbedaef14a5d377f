"""A cost plan from the terminal: scenarios in, use case, tables out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import click

from modelforge.app.cost_plan import open_analyzer, parse_ids
from modelforge.cli.configuration import configure
from modelforge.cli.console import print_table
from modelforge.cli.cost_scenarios import scenarios_of
from modelforge.core.errors import UsageError
from modelforge.cost.plan import make_plan
from modelforge.export.terminal_text import terminal_line

_MOST_KEPT: Final = 50
"""Of more scenarios at once no analysis is kept: each is a file of about a megabyte."""


def run(options: Mapping[str, Any]) -> int:
    """Plan as ``options`` say; returns the exit code."""
    models = parse_ids(options["models"])
    if models and options["providers"]:
        raise UsageError("--model names whole models: leave --provider out")
    chart = options["chart"]
    if chart is not None and chart.suffix.lower() not in (".svg", ".png"):
        raise UsageError(f"a chart is an .svg or a .png, not {chart.name!r}")
    scenarios = scenarios_of(options["files"], options)
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    keep = not options["no_cache"] and len(scenarios) <= _MOST_KEPT
    analyzer = open_analyzer(configuration, seed=options["seed"], keep=keep)
    plan = make_plan(
        analyzer,
        scenarios,
        providers=options["providers"],
        models=models,
        limit=options["limit"],
        seed=options["seed"],
    )
    if options["export_format"] is None and options["output"] is None:
        from modelforge.export.cost_view import cost_view  # noqa: PLC0415 (rich)

        print_table(cost_view(plan))
    else:
        from modelforge.cli.reporting import write_export  # noqa: PLC0415 (every writer there is)
        from modelforge.export.cost_formats import COST_FORMATS  # noqa: PLC0415 (as above)

        formats = {name: partial(write, plan) for name, write in COST_FORMATS.items()}
        write_export(formats, options["export_format"], options["output"], inputs=options["files"])
    if chart is not None:
        from modelforge.app.cost_chart import write_chart  # noqa: PLC0415 (altair)

        write_chart(plan, chart)
        click.echo(f"chart in {terminal_line(str(chart))}", err=True)
    return 0
