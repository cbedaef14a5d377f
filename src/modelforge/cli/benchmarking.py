"""A benchmark from the terminal: options in, use case, report out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modelforge.cli.open_files import allow_many_connections
from modelforge.core.errors import UsageError
from modelforge.core.numbers import require_between
from modelforge.wire.process import WorkerProcess, worker_processes

if TYPE_CHECKING:
    from rich.console import Console

    from modelforge.app.registry import ModelForgeRegistry
    from modelforge.app.report_output import ReportOutput
    from modelforge.benchmark.config import BenchmarkConfig
    from modelforge.benchmark.result import BenchmarkResult

_ALL_FAILED: Final = 1
_INVALID: Final = 3
_ELSEWHERE: Final = frozenset(
    {"slo", "export", "output", "from_records", "allow_invalid", "quiet"}
    | {"confidence", "exclude_warm_up", "margin"}
    | {"config_file", "assignments", "verbose"}
)


def run(model: str | None, options: Mapping[str, Any]) -> int:
    """Run or report a benchmark as ``options`` say; returns the exit code."""
    if options["tolerance"] is not None and not options["find_max"]:
        raise UsageError("--tolerance says when --find-max is done: give both, or leave it out")
    if options["margin"] is not None:
        raise UsageError("--margin is of several models: name two, or compare two reports")
    if options["from_records"]:
        _refuse_run_options(model, options)
        return _report_again(options)
    if options["sweep"] or options["find_max"]:
        from modelforge.cli.benchmark_search import search  # noqa: PLC0415 (for these only)

        return search(model, options)
    if model is None:
        raise UsageError("no model: name one as provider/model, for example sim/fast")
    allow_many_connections()
    # Workers load what they need while this process does the same: one is begun before anything.
    with worker_processes(1) as first:
        from modelforge.cli.benchmark_config import config_of  # noqa: PLC0415 (after the worker)

        config = config_of(model, options)
        with worker_processes(config.workers - 1) as others:
            return _run(config, options, [*first, *others])


def _run(
    config: BenchmarkConfig, options: Mapping[str, Any], processes: Sequence[WorkerProcess]
) -> int:
    import asyncio  # noqa: PLC0415 (after the workers, as all that follows)

    from modelforge.app.registry import ModelForgeRegistry  # noqa: PLC0415
    from modelforge.cli.benchmark_config import input_files  # noqa: PLC0415
    from modelforge.cli.configuration import configure  # noqa: PLC0415

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
    _show(result, output, console)
    if not quiet:
        note(messages, records, output)
    elif not result.successful_requests:
        note(messages, (), None)
    return code if code is not None else _exit_code(result, options)


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
    from modelforge.app.benchmark import BenchmarkRunner  # noqa: PLC0415 (after the workers)
    from modelforge.cli.benchmark_progress import BenchmarkProgress  # noqa: PLC0415
    from modelforge.cli.signals import CallOnContinue, CallOnSignal  # noqa: PLC0415

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


def _report_again(options: Mapping[str, Any]) -> int:
    from modelforge.app import benchmark_records  # noqa: PLC0415 (it loads Arrow)
    from modelforge.app.registry import ModelForgeRegistry  # noqa: PLC0415
    from modelforge.cli.benchmark_config import slo_of  # noqa: PLC0415
    from modelforge.cli.configuration import configure  # noqa: PLC0415
    from modelforge.core.model_id import ModelId  # noqa: PLC0415

    _refuse_doubles(options["from_records"])
    slo = slo_of(options)
    output, console = outputs(options)
    recordings = [benchmark_records.read(path) for path in options["from_records"]]
    models = sorted({recording.plan.model for recording in recordings})
    if len(models) > 1:
        raise UsageError(f"the records are of several models: {', '.join(models)}")
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    with ModelForgeRegistry(configuration) as registry:
        prices = registry.prices(ModelId.parse(models[0]))
    require_between("the confidence", options["confidence"], 0.5, 0.9999)
    result = benchmark_records.report(
        recordings,
        prices=prices,
        slo=slo,
        level=options["confidence"],
        exclude_warm_up=options["exclude_warm_up"],
    )
    _show(result, output, console)
    if not options["quiet"]:
        note({}, (), output)
    return _exit_code(result, options)


def outputs(options: Mapping[str, Any]) -> tuple[ReportOutput | None, Console | None]:
    """Where the report goes; both are tried before a run of minutes is lost for it."""
    from modelforge.app.report_output import ReportOutput  # noqa: PLC0415
    from modelforge.cli.benchmark_config import input_files  # noqa: PLC0415
    from modelforge.cli.console import output_console  # noqa: PLC0415 (rich)

    inputs = input_files(options)
    if options["records"] is not None:
        inputs = [*inputs, options["records"]]
    output = ReportOutput.of(options["export"], options["output"], inputs=inputs)
    console = None if output is not None and output.takes_stdout else output_console()
    if output is not None and output.takes_stdout:
        from modelforge.app.output import standard_output  # noqa: PLC0415

        standard_output()
    return output, console


def _show(result: BenchmarkResult, output: ReportOutput | None, console: Console | None) -> None:
    if console is not None:
        from modelforge.export.benchmark_runs_view import benchmark_runs_view  # noqa: PLC0415
        from modelforge.export.benchmark_view import benchmark_view  # noqa: PLC0415

        console.print(benchmark_view(result))
        if result.runs:
            console.print()
            console.print(benchmark_runs_view(result))
    if output is not None:
        from modelforge.export.benchmark_formats import BENCHMARK_FORMATS  # noqa: PLC0415 (late)

        output.write(
            BENCHMARK_FORMATS[output.format](result),
            hint="report again from the records with --from-records",
        )


def note(messages: Mapping[str, str], records: Sequence[Path], output: ReportOutput | None) -> None:
    """Say on stderr what the errors said and where the files are."""
    from modelforge.export.terminal_text import terminal_line  # noqa: PLC0415

    for kind, message in messages.items():
        click.echo(terminal_line(f"{kind}: {message}"), err=True)
    for path in records:
        click.echo(f"records in {terminal_line(str(path))}", err=True)
    if output is not None and output.path is not None:
        click.echo(f"report in {terminal_line(str(output.path))}", err=True)


def _exit_code(result: BenchmarkResult, options: Mapping[str, Any]) -> int:
    from modelforge.benchmark.verdict import Status  # noqa: PLC0415 (loaded by now)

    if result.total_requests and not result.successful_requests:
        return _ALL_FAILED
    if result.verdict.status is Status.INVALID and not options["allow_invalid"]:
        return _INVALID
    return 0


def worst_exit_code(results: Sequence[BenchmarkResult], options: Mapping[str, Any]) -> int:
    """INVALID before all failed before measured."""
    return max(_exit_code(result, options) for result in results)


def _refuse_run_options(model: str | None, options: Mapping[str, Any]) -> None:
    if model is not None:
        raise UsageError("--from-records reports what was recorded: leave PROVIDER/MODEL out")
    context = click.get_current_context()
    for name in options:
        source = context.get_parameter_source(name)
        if name not in _ELSEWHERE and source is click.core.ParameterSource.COMMANDLINE:
            flag = name.replace("_", "-")
            raise UsageError(f"--from-records sends nothing: leave --{flag} out")


def _refuse_doubles(records: Sequence[Path]) -> None:
    from modelforge.app.output import same_file  # noqa: PLC0415

    for place, path in enumerate(records):
        if any(same_file(path, other) for other in records[:place]):
            raise UsageError(f"--from-records {path} is named twice: each request counts once")


def require_records_file(records: Path | None, inputs: Sequence[Path]) -> None:
    """Refuse ``--records`` where they cannot be written.

    Raises:
        UsageError: it is no regular file, in no directory, or an input.
    """
    if records is None:
        return
    from modelforge.app.output import same_file  # noqa: PLC0415

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
