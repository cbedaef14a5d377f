"""What a benchmark says in the end: the report, where its files are, and the exit code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modelforge.app.output import standard_output
from modelforge.app.report_output import ReportOutput
from modelforge.benchmark.verdict import Status
from modelforge.cli.benchmark_config import input_files
from modelforge.cli.console import output_console
from modelforge.export.terminal_text import terminal_line

if TYPE_CHECKING:
    from rich.console import Console

    from modelforge.benchmark.result import BenchmarkResult

ALL_FAILED: Final = 1
"""The exit code where not one request was answered."""
_INVALID: Final = 3


def outputs(options: Mapping[str, Any]) -> tuple[ReportOutput | None, Console | None]:
    """Where the report goes; both are tried before a run of minutes is lost for it."""
    inputs = input_files(options)
    if options["records"] is not None:
        inputs = [*inputs, options["records"]]
    output = ReportOutput.of(options["export"], options["output"], inputs=inputs)
    if output is not None and output.takes_stdout:
        standard_output()
        return output, None
    return output, output_console()


def show(result: BenchmarkResult, output: ReportOutput | None, console: Console | None) -> None:
    """Print the report, and write it."""
    if console is not None:
        print_result(result, console)
    if output is not None:
        from modelforge.export.benchmark_formats import BENCHMARK_FORMATS  # noqa: PLC0415 (arrays)

        output.write(
            BENCHMARK_FORMATS[output.format](result),
            hint="report again from the records with --from-records",
        )


def print_result(result: BenchmarkResult, console: Console) -> None:
    """The view of a result, and of its single runs where there are some."""
    from modelforge.export.benchmark_runs_view import benchmark_runs_view  # noqa: PLC0415 (arrays)
    from modelforge.export.benchmark_view import benchmark_view  # noqa: PLC0415 (as above)

    console.print(benchmark_view(result))
    if result.runs:
        console.print()
        console.print(benchmark_runs_view(result))


def note(messages: Mapping[str, str], records: Sequence[Path], output: ReportOutput | None) -> None:
    """Say on stderr what the errors said and where the files are."""
    for kind, message in messages.items():
        click.echo(terminal_line(f"{kind}: {message}"), err=True)
    for path in records:
        click.echo(f"records in {terminal_line(str(path))}", err=True)
    if output is not None and output.path is not None:
        click.echo(f"report in {terminal_line(str(output.path))}", err=True)


def exit_code(result: BenchmarkResult, options: Mapping[str, Any]) -> int:
    """0 measured, 1 all failed, 3 INVALID."""
    if result.total_requests and not result.successful_requests:
        return ALL_FAILED
    if result.verdict.status is Status.INVALID and not options["allow_invalid"]:
        return _INVALID
    return 0


def worst_exit_code(results: Sequence[BenchmarkResult], options: Mapping[str, Any]) -> int:
    """INVALID before all failed before measured."""
    return max(exit_code(result, options) for result in results)
