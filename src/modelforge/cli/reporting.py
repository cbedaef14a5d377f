"""A report to where it was asked for: the terminal, a pipe, a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
from rich.console import RenderableType

from modelforge.app.report_output import ReportOutput, write_report
from modelforge.cli.console import output_console
from modelforge.export.terminal_text import terminal_line


def deliver(
    output: ReportOutput | None,
    texts: Mapping[str, Callable[[], str]],
    *,
    view: RenderableType | None,
    otherwise: str = "",
    quiet: bool,
) -> None:
    """Print ``view`` (or ``otherwise``) unless standard output is the data's; write the report.

    Raises:
        ModelForgeError: the file cannot be written.
    """
    if output is None or not output.takes_stdout:
        output_console().print(otherwise if view is None else view)
    if output is None:
        return
    output.write(texts[output.format]())
    if not quiet:
        _tell(output.path)


def write_export(
    formats: Mapping[str, Callable[[], str]],
    format_: str | None,
    path: Path | None,
    *,
    inputs: Sequence[Path] = (),
) -> None:
    """`write_report`, and say which file it went to; ``inputs`` are never overwritten.

    Raises:
        UsageError: as `write_report`.
    """
    _tell(write_report(formats, format_, path, inputs=inputs))


def _tell(path: Path | None) -> None:
    if path is not None:
        click.echo(f"report in {terminal_line(str(path))}", err=True)
