"""One benchmark from the terminal: its workers are there, and the report comes out.

It is loaded while the workers load what they need, and nothing that works on arrays with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from modelforge.app.benchmark import BenchmarkRunner
from modelforge.app.output import same_file
from modelforge.app.registry import ModelForgeRegistry
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.cli.benchmark_config import input_files
from modelforge.cli.benchmark_output import exit_code, note, outputs, show
from modelforge.cli.benchmark_progress import BenchmarkProgress
from modelforge.cli.configuration import configure
from modelforge.cli.signals import CallOnContinue, CallOnSignal
from modelforge.core.errors import UsageError
from modelforge.wire.process import WorkerProcess

if TYPE_CHECKING:
    from modelforge.benchmark.result import BenchmarkResult


def run_one(
    config: BenchmarkConfig, options: Mapping[str, Any], processes: Sequence[WorkerProcess]
) -> int:
    """Run ``config`` on ``processes`` and report it as ``options`` say; returns the exit code."""
    require_records_file(options["records"], input_files(options))
    output, console = outputs(options)
    quiet = options["quiet"]
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    with ModelForgeRegistry(configuration) as registry:
        if config.provider == "local":
            from modelforge.cli.fetching import fetch_missing  # noqa: PLC0415 (for these only)

            fetch_missing([config.model_id], yes=options["yes"], quiet=quiet)
        if config.max_cost_usd is not None and not quiet:
            warn_of_costs(registry, config)
        result, code, messages, records = asyncio.run(
            _watched(registry, config, options, processes)
        )
    show(result, output, console)
    if not quiet:
        note(messages, records, output)
    elif not result.successful_requests:
        note(messages, (), None)
    return code if code is not None else exit_code(result, options)


def warn_of_costs(registry: ModelForgeRegistry, config: BenchmarkConfig) -> None:
    """Say what keeps the limit of ``config`` from being promised."""
    from modelforge.app.cost_limit import doubts  # noqa: PLC0415 (with a limit only)

    lengths = config.effective_workload.ask(0).max_tokens or config.generation.max_tokens
    for line in doubts({config.model_id: registry.prices(config.model_id)}, max_tokens=lengths):
        click.echo(line, err=True)


async def _watched(
    registry: ModelForgeRegistry,
    config: BenchmarkConfig,
    options: Mapping[str, Any],
    processes: Sequence[WorkerProcess],
) -> tuple[BenchmarkResult, int | None, Mapping[str, str], Sequence[Path]]:
    with BenchmarkProgress(quiet=options["quiet"] or options["verbose"]) as progress:
        runner = BenchmarkRunner(
            registry, records=options["records"], observer=progress, processes=processes
        )

        def stop() -> None:
            runner.stop()
            progress.stopping()

        with CallOnSignal(stop) as signals, CallOnContinue(runner.was_stopped):
            result = await runner.run_benchmark(config)
    return result, signals.exit_code, runner.messages, runner.records


def require_records_file(records: Path | None, inputs: Sequence[Path]) -> None:
    """Refuse ``--records`` where they cannot be written.

    Raises:
        UsageError: it is no regular file, in no directory, or an input.
    """
    if records is None:
        return
    if any(same_file(records, path) for path in inputs):
        raise UsageError(f"--records {records} would overwrite an input: name another file")
    if records.is_dir() or not records.parent.is_dir():
        why = "it is a directory" if records.is_dir() else f"there is no directory {records.parent}"
        raise UsageError(f"cannot write the records to {records}: {why}")
    if str(records) == "-" or (records.exists() and not records.is_file()):
        raise UsageError(
            f"cannot write the records to {records}: the report is made of what was written there,"
            " and so it must be a regular file"
        )
