"""``modelforge benchmark A B``: several models in turns, and what their runs say of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from typing import Any, Final

from modelforge.app.benchmark_turns import BenchmarkTurns
from modelforge.app.registry import ModelForgeRegistry
from modelforge.benchmark.config import BenchmarkConfig
from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.turns import compare_turns
from modelforge.cli.benchmark_config import config_of, input_files
from modelforge.cli.benchmark_output import note, outputs, print_result, worst_exit_code
from modelforge.cli.benchmark_progress import BenchmarkProgress
from modelforge.cli.benchmark_run import require_records_file, warn_of_costs
from modelforge.cli.configuration import configure
from modelforge.cli.fetching import fetch_missing
from modelforge.cli.open_files import allow_many_connections
from modelforge.cli.signals import CallOnContinue, CallOnSignal
from modelforge.core.errors import UsageError
from modelforge.export.turns_view import turns_csv, turns_json, turns_markdown, turns_view

_SHARING: Final = Context(prec=6, rounding=ROUND_DOWN)
_FORMATS: Final = {"json": turns_json, "csv": turns_csv, "markdown": turns_markdown}


def run_turns(models: Sequence[str], options: Mapping[str, Any]) -> int:
    """Benchmark ``models`` in turns as ``options`` say; returns the exit code."""
    for name in ("sweep", "find_max", "tolerance", "from_records"):
        if options[name]:
            raise UsageError(f"--{name.replace('_', '-')} is of one model: name one")
    doubled = [model for place, model in enumerate(models) if model in models[:place]]
    if doubled:
        raise UsageError(f"{doubled[0]} is named twice; to run it again, use --runs")
    margin = margin_of(options["margin"])
    options = {**options, "max_cost": _share(options["max_cost"], len(models))}
    configs = [config_of(model, options) for model in models]
    require_records_file(options["records"], input_files(options))
    allow_many_connections()
    output, console = outputs(options)
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    with ModelForgeRegistry(configuration) as registry:
        fetch_missing(
            [config.model_id for config in configs], yes=options["yes"], quiet=options["quiet"]
        )
        _warn_of_costs(registry, configs, options)
        results, code, turns = asyncio.run(_watched(registry, configs, options))
    found = compare_turns(results, level=options["confidence"], margin=margin)
    if console is not None:
        for result in results:
            print_result(result, console)
            console.print()
        console.print(turns_view(found))
    if output is not None:
        output.write(
            _FORMATS[output.format](found),
            hint="report each model again from its records with --from-records",
        )
    if not options["quiet"]:
        note(turns.messages, turns.records, output)
    return code if code is not None else worst_exit_code(results, options)


def _share(limit_usd: Decimal | None, models: int) -> Decimal | None:
    return None if limit_usd is None else _SHARING.divide(limit_usd, Decimal(models))


def _warn_of_costs(
    registry: ModelForgeRegistry, configs: Sequence[BenchmarkConfig], options: Mapping[str, Any]
) -> None:
    if options["max_cost"] is not None and not options["quiet"]:
        for config in configs:
            warn_of_costs(registry, config)


def margin_of(text: str | None) -> float | None:
    """``5%`` as 0.05.

    Raises:
        UsageError: it is no such change.
    """
    if text is None:
        return None
    try:
        size = float(text.removesuffix("%")) / 100
    except ValueError:
        size = -1.0
    if not text.endswith("%") or not 0 < size < 10:  # noqa: PLR2004 (tenfold is no margin)
        raise UsageError(f"--margin {text!r}: write a change in per cent, as in 5%")
    return size


async def _watched(
    registry: ModelForgeRegistry, configs: Sequence[BenchmarkConfig], options: Mapping[str, Any]
) -> tuple[list[BenchmarkResult], int | None, BenchmarkTurns]:
    with BenchmarkProgress(quiet=options["quiet"] or options["verbose"]) as progress:
        turns = BenchmarkTurns(registry, records=options["records"], observer=progress)

        def stop() -> None:
            turns.stop()
            progress.stopping()

        with CallOnSignal(stop) as signals, CallOnContinue(turns.was_stopped):
            results = await turns.run(configs)
    return results, signals.exit_code, turns
