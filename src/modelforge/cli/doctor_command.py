"""``modelforge doctor``."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelforge.app.doctor import DoctorReport, ProviderCheck, examine
from modelforge.app.local_models import LocalModelState, local_models
from modelforge.cli.configuration import configure
from modelforge.cli.console import output_console, print_table
from modelforge.cli.models_command import local_table
from modelforge.cli.options import configuration_options
from modelforge.export.terminal_text import terminal_line

_NONE_SET_UP: Final = (
    "none set up: export the key of one below, or give a server of your own its base_url in"
    " modelforge.toml"
)


@click.command("doctor", short_help="Show what is configured and whether it answers.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@configuration_options
def command(
    *, as_json: bool, config_file: Path | None, assignments: tuple[str, ...], verbose: bool
) -> int:
    """Show what is configured, from where, and whether each endpoint answers.

    Keys are never shown, only whether they are set. Exits with 1 when something that was set up
    fails.
    """
    configuration = configure(config_file, assignments, verbose=verbose)
    report = asyncio.run(examine(configuration))
    models = local_models()
    if as_json:
        click.echo(_json(report, models))
    else:
        console = output_console()
        console.print(Text("Configuration", style="bold"))
        for line in _files(report):
            console.print(Text(f"  {line}"), soft_wrap=True)  # a path is not broken in two
        for heading, body in _sections(report, models):
            console.print()
            console.print(Text(heading, style="bold"))
            print_table(Padding(body, (0, 0, 0, 2), expand=False))
    return 0 if report.healthy else 1


def _json(report: DoctorReport, models: Sequence[LocalModelState]) -> str:
    document = {
        "schema": "modelforge.doctor/1",
        "healthy": report.healthy,
        "files": [str(path) for path in report.files],
        "searched": list(report.searched),
        "providers": [asdict(check) for check in report.providers],
        "providers_listed": report.listed,
        "local_models": [asdict(model) for model in models],
    }
    return json.dumps(document, indent=2)


def _files(report: DoctorReport) -> list[str]:
    files = [terminal_line(str(path)) for path in report.files]
    return files or [f"no file: neither {' nor '.join(report.searched)}"]


def _sections(
    report: DoctorReport, models: Sequence[LocalModelState]
) -> list[tuple[str, RenderableType]]:
    set_up = [check for check in report.providers if check.status in {"answers", "fails"}]
    return [
        ("Local models", local_table(models)),
        ("Providers", _set_up(set_up) if set_up else Text(_NONE_SET_UP, style="dim")),
        ("Known, not set up", _not_set_up(report)),
    ]


def _set_up(checks: Sequence[ProviderCheck]) -> Table:
    table = Table.grid(padding=(0, 2))
    for check in checks:
        mark = Text("✓") if check.status == "answers" else Text("✗", style="bold red")
        headers = f" · sends {', '.join(check.header_names)}" if check.header_names else ""
        table.add_row(
            mark, Text(check.name, style="bold"), terminal_line(f"{check.status}: {check.detail}")
        )
        facts = f"{check.base_url} · {check.key}{headers} · from {check.origin}"
        table.add_row("", "", Text(terminal_line(facts), style="dim"))
    return table


def _not_set_up(report: DoctorReport) -> Text:
    checks = report.providers
    keyless = [
        f"{check.name} ({check.key.removesuffix(' (not set)')})"
        for check in checks
        if check.status == "no key"
    ]
    idle = [check.name for check in checks if check.status == "not running"]
    lines = [f"no key: {', '.join(keyless)}" if keyless else ""]
    lines += [f"not running here: {', '.join(idle)}" if idle else ""]
    lines += [f"and {report.listed} providers more: modelforge models list --providers"]
    return Text("\n".join(filter(None, lines)), style="dim")
