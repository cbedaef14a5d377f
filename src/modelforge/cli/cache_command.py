"""``modelforge cache``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from modelforge.cli.configuration import configure
from modelforge.cli.options import configuration_options
from modelforge.export.terminal_text import terminal_line

_MEGABYTE: Final = 1_000_000


@click.group("cache", short_help="Look at the kept answers, or let go of them.")
def command() -> None:
    """Answers kept from earlier requests; see modelforge compare --cache."""


@command.command("info", short_help="Where answers are kept, and how many.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@configuration_options
def info(
    *, as_json: bool, config_file: Path | None, assignments: tuple[str, ...], verbose: bool
) -> None:
    """Show where answers are kept, how many there are and how much room they take."""
    from modelforge.app.caching import cache_state  # noqa: PLC0415 (--help must not pay for it)

    configuration = configure(config_file, assignments, verbose=verbose)
    state = cache_state(configuration.settings.cache)
    if as_json:
        document = {
            "schema": "modelforge.cache/1",
            "folder": str(state.folder),
            "enabled": state.enabled,
            "answers": state.answers,
            "size_bytes": state.size_bytes,
            "max_bytes": state.max_bytes,
        }
        click.echo(json.dumps(document, indent=2))
        return
    use = "on: [cache] enabled = true" if state.enabled else "off, unless --cache asks for it"
    size = f"{state.size_bytes / _MEGABYTE:.1f} of {state.max_bytes / _MEGABYTE:,.0f} MB"
    click.echo(f"folder   {terminal_line(str(state.folder))}")
    click.echo(f"used     {use}")
    click.echo(f"answers  {state.answers:,}")
    click.echo(f"size     {size}")


@command.command("clear", short_help="Let go of every kept answer.")
@configuration_options
def clear(*, config_file: Path | None, assignments: tuple[str, ...], verbose: bool) -> None:
    """Let go of every kept answer, also where the file is broken."""
    from modelforge.app.caching import clear_cache  # noqa: PLC0415 (--help must not pay for it)

    configuration = configure(config_file, assignments, verbose=verbose)
    held = clear_cache(configuration.settings.cache)
    answers = "1 answer" if held.answers == 1 else f"{held.answers:,} answers"
    click.echo(f"{answers} cleared, {held.size_bytes / _MEGABYTE:.1f} MB", err=True)
