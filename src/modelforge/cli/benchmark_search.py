"""``modelforge benchmark --sweep`` and ``--find-max``: many short runs, one answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import click

from modelforge.app.benchmark import BenchmarkRunner
from modelforge.app.load_search import LoadSearch, axis_of
from modelforge.app.registry import ModelForgeRegistry
from modelforge.app.report_output import ReportOutput
from modelforge.benchmark.find_max import MaxLoad
from modelforge.benchmark.objective import Objective
from modelforge.benchmark.probe import Probe
from modelforge.benchmark.sweep import Sweep
from modelforge.cli.benchmark_config import config_of
from modelforge.cli.benchmark_output import ALL_FAILED, note
from modelforge.cli.configuration import configure
from modelforge.cli.open_files import allow_many_connections
from modelforge.cli.signals import CallOnContinue, CallOnSignal
from modelforge.core.errors import UsageError
from modelforge.export import search_record

_PROBE_S: Final = 10.0
_TOLERANCE: Final = 0.05
_NOT_HERE: Final = (
    *("ramp", "steps", "trace", "preset", "requests"),
    *("records", "max_cost"),
)
_WITHOUT_EFFECT: Final = ("runs", "confidence", "exclude_warm_up", "allow_invalid")

_Found = tuple[Mapping[str, Any], Iterable[str]]
"""A document, and lines to read."""


def search(model: str | None, options: Mapping[str, Any]) -> int:
    """Search as ``options`` say; returns the exit code.

    Raises:
        UsageError: options contradict each other.
        RequestError: no worker could begin.
    """
    if model is None:
        raise UsageError("no model: name one as provider/model, for example sim/batch")
    if options["sweep"] and options["find_max"]:
        raise UsageError("--sweep and --find-max exclude each other: give one")
    for name in _NOT_HERE:
        if options[name]:
            flag = name.replace("_", "-")
            raise UsageError(f"a search tries loads of its own: leave --{flag} out")
    context = click.get_current_context()
    for name in _WITHOUT_EFFECT:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            flag = name.replace("_", "-")
            raise UsageError(f"--{flag} has no effect on a search: leave it out")
    if options["find_max"] and options["slo"] is None:
        raise UsageError("--find-max needs --slo: what must hold, such as ttft=500ms@p99?")
    if options["export"] not in {None, "json"}:
        raise UsageError("a search is exported as json")
    output = ReportOutput.of(options["export"], options["output"], inputs=(), formats=("json",))
    slo = options["slo"]
    asked_s = options["duration"]
    plain = {**options, "slo": None, "duration": asked_s or _PROBE_S, "asked_duration": asked_s}
    if options["rate"] is None and options["concurrency"] is None:
        plain["concurrency"] = 1
    allow_many_connections()
    found, code = asyncio.run(_search(model, plain, slo))
    _write(found, output)
    return code or 0


async def _search(
    model: str, options: Mapping[str, Any], slo: str | None
) -> tuple[_Found, int | None]:
    config = replace(config_of(model, options), runs=1)
    objective = None if slo is None else Objective.parse(slo)
    if objective is not None:
        config = replace(config, slo=objective.slo)
    axis = axis_of(
        rate=options["rate"] is not None,
        arrival=options["arrival"],
        burstiness=options["burstiness"],
        think_s=options["think_time"] or 0.0,
    )
    start = options["rate"] if options["rate"] is not None else options["concurrency"]

    answered = False

    def tried(probe: Probe) -> None:
        nonlocal answered
        answered |= probe.result.successful_requests > 0
        if not options["quiet"]:
            click.echo(search_record.probe_line(probe, axis.unit), err=True)

    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    with ModelForgeRegistry(configuration) as registry:
        runner = BenchmarkRunner(registry)
        trying = LoadSearch(runner, config, start=start, axis=axis)
        with CallOnSignal(trying.stop) as signals, CallOnContinue(runner.was_stopped):
            found: _Found
            if options["find_max"] and objective is not None:
                most: MaxLoad = await trying.find_max(
                    objective,
                    tolerance=options["tolerance"] or _TOLERANCE,
                    lengthen=options["asked_duration"] is None,
                    on_probe=tried,
                )
                found = search_record.max_load_document(most), search_record.max_load_lines(most)
            else:
                swept: Sweep = await trying.sweep(on_probe=tried)
                found = search_record.sweep_document(swept), search_record.sweep_lines(swept)
    if not answered:
        note(runner.messages, [], None)
    return found, signals.exit_code or (None if answered else ALL_FAILED)


def _write(found: _Found, output: ReportOutput | None) -> None:
    document, lines = found
    if output is not None:
        output.write(json.dumps(document, indent=2, allow_nan=False) + "\n")
    if output is None or not output.takes_stdout:
        for line in lines:
            click.echo(line)
