"""A benchmark from the terminal: options in, use case, figures out."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from modelforge.app.benchmark import BenchmarkRun, report
from modelforge.app.registry import ModelForgeRegistry
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.slo import Slo
from modelforge.cli.benchmark_config import benchmark_config
from modelforge.cli.benchmark_progress import BenchmarkProgress
from modelforge.cli.configuration import configure
from modelforge.cli.console import output_console
from modelforge.cli.fetching import fetch_missing
from modelforge.cli.open_files import allow_many_connections
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.export.terminal_text import terminal_line
from modelforge.wire.worker_process import WorkerProcess

if TYPE_CHECKING:
    from modelforge.benchmark.result import BenchmarkResult

EXIT_NOTHING: Final = 1
EXIT_INVALID: Final = 3
EXIT_INTERRUPTED: Final = 130
_TICK_S: Final = 0.2
_FORMAT_OF_SUFFIX: Final = {".json": "json", ".csv": "csv", ".md": "markdown"}


def run(model: str | None, options: Mapping[str, Any], processes: Sequence[WorkerProcess]) -> int:
    """Run a benchmark as ``options`` (of ``benchmark_options``) say; returns the exit code.

    ``processes`` are the workers, which wait for their jobs.
    """
    output = _Output(options["export"], options["output"])
    if options["from_records"] is not None:
        if model is not None:
            raise UsageError("--from-records sends nothing: leave the model out")
        slo = None if options["slo"] is None else Slo.parse(options["slo"])
        result = report(options["from_records"], slo=slo)
        output.write(result)
        return _exit_code(result, options)
    if model is None:
        raise UsageError("which model? modelforge benchmark PROVIDER/MODEL")
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"], options=[]
    )
    config = benchmark_config(model, options)
    allow_many_connections()
    with ModelForgeRegistry(configuration) as registry:
        fetch_missing(
            [ModelId(provider=config.provider, model=config.model)], yes=False, quiet=True
        )
        prepared = asyncio.run(BenchmarkRun.prepare(registry, config, processes=processes))
        stops = _work(prepared, config, quiet=options["quiet"])
        result = prepared.result()
    output.write(result)
    if not options["quiet"]:
        _note(prepared, interrupted=bool(stops))
    return EXIT_INTERRUPTED if stops else _exit_code(result, options)


def _work(prepared: BenchmarkRun, config: BenchmarkConfig, *, quiet: bool) -> int:
    """Run it in a thread, and draw and obey signals in this one; how often it was told to stop."""
    failures: list[BaseException] = []
    stops = 0

    def work() -> None:
        try:
            prepared.work(progress.heard)
        except BaseException as failure:  # noqa: BLE001 (raised again below, in the main thread)
            failures.append(failure)

    def stop(_: int, __: FrameType | None) -> None:
        nonlocal stops
        stops += 1
        prepared.stop()

    progress = BenchmarkProgress(
        duration_s=config.duration, requests=config.max_requests, quiet=quiet
    )
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with progress:
            thread = threading.Thread(target=work, name="benchmark")
            thread.start()
            while thread.is_alive():
                thread.join(_TICK_S)
                progress.tick()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if failures:
        raise failures[0]
    return stops


def _note(prepared: BenchmarkRun, *, interrupted: bool) -> None:
    """Say on stderr what the figures do not show."""
    outcome = prepared.outcome
    for kind, message in sorted(outcome.messages.items()) if outcome else ():
        click.echo(f"{kind}: {terminal_line(message)}", err=True)
    said = f"records: {terminal_line(str(prepared.records))}"
    click.echo(f"interrupted; {said}" if interrupted else said, err=True)


def _exit_code(result: BenchmarkResult, options: Mapping[str, Any]) -> int:
    if not result.successful_requests:
        return EXIT_NOTHING
    if result.verdict.status == "INVALID" and not options["allow_invalid"]:
        return EXIT_INVALID
    return 0


class _Output:
    """Where the figures go: a view on standard output, or an export there or in a file."""

    def __init__(self, format_: str | None, path: Path | None) -> None:
        if path is not None and str(path) == "-":
            path, format_ = None, format_ or "json"
        if path is not None and format_ is None:
            format_ = _FORMAT_OF_SUFFIX.get(path.suffix.lower())
            if format_ is None:
                names = "|".join(_FORMAT_OF_SUFFIX.values())
                raise UsageError(f"the suffix of {path} names no format: add --export {names}")
        if path is not None and not path.parent.is_dir():
            raise UsageError(f"cannot write {path}: there is no folder {path.parent}")
        self._format = format_
        self._path = path

    def write(self, result: BenchmarkResult) -> None:
        """Write it; the view is shown too when a file takes the export.

        Raises:
            UsageError: the file cannot be written, or standard output is closed.
        """
        from modelforge.export.benchmark_formats import BENCHMARK_FORMATS  # noqa: PLC0415
        from modelforge.export.benchmark_view import benchmark_view  # noqa: PLC0415

        text = None if self._format is None else BENCHMARK_FORMATS[self._format](result)
        if text is not None and self._path is None:
            if sys.stdout is None:
                raise UsageError("standard output is closed: name a file with -o")
            sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
            return
        if text is not None and self._path is not None:
            try:
                self._path.write_text(text, "utf-8", newline="")
            except OSError as error:
                why = error.strerror or error
                raise UsageError(f"cannot write {self._path}: {why}") from None
        output_console().print(benchmark_view(result))
