"""A comparison from the terminal: options in, use case, answers out."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from modelforge.app.comparison import ComparisonOutcome, ComparisonRequest, compare
from modelforge.app.cost_limit import doubts
from modelforge.app.output import Output
from modelforge.app.registry import ModelForgeRegistry
from modelforge.cli.configuration import configure
from modelforge.cli.console import output_console
from modelforge.cli.exit_codes import EXIT_BY_SIGNAL
from modelforge.cli.fetching import fetch_missing
from modelforge.cli.open_files import allow_many_connections
from modelforge.cli.progress import ComparisonProgress
from modelforge.cli.signals import StopOnSignal
from modelforge.compare.contestant import parse_models
from modelforge.compare.evidence_plan import EvidencePlan
from modelforge.compare.margins import Margins
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.quantity import MEASURED
from modelforge.config.layers import Layer, option_layer
from modelforge.core.errors import ModelForgeError, UsageError
from modelforge.export.comparison_view import comparison_view
from modelforge.export.summary_view import summary_view
from modelforge.export.terminal_text import terminal_line
from modelforge.prompts.open import open_prompts
from modelforge.prompts.source import validate
from modelforge.prompts.spec import PromptSpec
from modelforge.prompts.variables import parse_variables
from modelforge.replay.address import recorded_files

# Options that override a setting of the [compare] table.
_SETTINGS = {
    "timeout": "timeout_s",
    "first_token_timeout": "first_token_timeout_s",
    "idle_timeout": "idle_timeout_s",
    "max_retries": "max_retries",
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "repeats": "repeats",
}


def run(models: Sequence[str], options: Mapping[str, Any]) -> int:
    """Run a comparison as ``options`` (of ``comparison_options``) say; returns the exit code."""
    ids = parse_models(models)
    quiet = options["quiet"]
    configuration = configure(
        options["config_file"],
        options["assignments"],
        verbose=options["verbose"],
        options=_overrides(options),
    )
    weighing = EvidencePlan(
        level=options["confidence"],
        margins=Margins.parse(options["margins"], names=[each.name for each in MEASURED]),
    )
    output = Output.of(options["export"], options["output"])
    console = None if output is not None and output.takes_stdout else output_console()
    # Prompts are read before the signals are taken, so that Ctrl-C ends a wait for stdin.
    with ModelForgeRegistry(configuration) as registry, open_prompts(_prompts(options)) as cases:
        request = ComparisonRequest(
            models=ids,
            cases=cases,
            case_count=validate(cases),
            plan=_plan(registry.plan, options),
            output=output,
            inputs=[*_named_files(options), *recorded_files(ids), *configuration.files],
            shown_prompts=options["show"],
            max_cost_usd=options["max_cost"],
            weighing=weighing,
        )
        fetch_missing(ids, yes=options["yes"], quiet=quiet)
        if request.max_cost_usd is not None and not quiet:
            prices = {id_: registry.prices(id_) for id_ in ids}
            for line in doubts(prices, max_tokens=request.plan.generation.max_tokens):
                click.echo(line, err=True)
        allow_many_connections()
        outcome, code = asyncio.run(_watched(registry, request, silent=quiet or options["verbose"]))
    if console is not None:
        _show(console, outcome, request.case_count, options)
    if outcome.write_error is not None:
        raise ModelForgeError(_unwritten(output, outcome.write_error))
    if not quiet:
        _note(outcome, output, interrupted=code >= EXIT_BY_SIGNAL)
    return code


def _note(outcome: ComparisonOutcome, output: Output | None, *, interrupted: bool) -> None:
    """Say on stderr that it was cut short, and where the results are."""
    written = output is not None and output.path is not None
    if outcome.stopped is not None:
        click.echo(f"stopped: budget_reached: {outcome.stopped}", err=True)
    if not (interrupted or written or outcome.stopped is not None):
        return
    said = f"{outcome.taken:,} of {outcome.expected:,} results"
    if output is not None and output.path is not None:
        said += f" in {terminal_line(str(output.path))}"
    click.echo(f"interrupted: {said}" if interrupted else said, err=True)


def _unwritten(output: Output | None, error: OSError) -> str:
    if output is not None and output.path is not None:
        return f"cannot write {output.path}: {error.strerror}; what had arrived is shown above"
    # What is still buffered cannot be written either: a second failure at exit is only noise.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return f"cannot write to standard output: {error.strerror}"


async def _watched(
    registry: ModelForgeRegistry, request: ComparisonRequest, *, silent: bool
) -> tuple[ComparisonOutcome, int]:
    with StopOnSignal() as stop, ComparisonProgress(quiet=silent) as progress:
        outcome = await compare(registry, request, observer=progress, stop=stop.event)
    return outcome, outcome.exit_code if stop.exit_code is None else stop.exit_code


def _show(
    console: Console, outcome: ComparisonOutcome, prompts: int, options: Mapping[str, Any]
) -> None:
    for _, results in groupby(outcome.shown, key=attrgetter("prompt_index")):
        console.print(comparison_view(tuple(results), max_answer_lines=options["max_lines"]))
        console.print()
    if prompts > 1 or not outcome.shown:
        console.print(summary_view(outcome.summaries))
    if outcome.evidence is not None:
        from modelforge.export.evidence_view import evidence_view  # noqa: PLC0415 (scipy, by now)

        if (view := evidence_view(outcome.evidence)) is not None:
            console.print()
            console.print(view)


def _overrides(options: Mapping[str, Any]) -> list[Layer]:
    layers = [
        option_layer(f"--{option.replace('_', '-')}", ["compare", setting], options[option])
        for option, setting in _SETTINGS.items()
        if options[option] is not None
    ]
    return layers + _cache(options["cache"], refresh=options["refresh"])


def _cache(wanted: bool | None, *, refresh: bool) -> list[Layer]:
    if not refresh:
        return [] if wanted is None else [option_layer("--cache", ["cache", "enabled"], wanted)]
    if wanted is False:
        raise UsageError("--refresh and --no-cache contradict each other: leave one out")
    return [option_layer("--refresh", ["cache", name], True) for name in ("enabled", "refresh")]


def _prompts(options: Mapping[str, Any]) -> PromptSpec:
    return PromptSpec(
        prompt=options["prompt"],
        prompts=options["prompts"],
        format=options["prompts_format"],
        template=options["template"],
        variables=parse_variables(options["variables"]),
        system=options["system"],
        prompt_field=options["prompt_field"],
        id_field=options["id_field"],
        cluster_field=options["cluster_field"],
        limit=options["limit"],
    )


def _plan(configured: ComparisonPlan, options: Mapping[str, Any]) -> ComparisonPlan:
    generation = replace(
        configured.generation,
        top_p=options["top_p"],
        seed=options["seed"],
        stop=options["stop"],
        stream=not options["no_stream"],
        extra=dict(_param(text) for text in options["params"]),
    )
    return replace(configured, generation=generation, max_concurrency=options["concurrency"])


def _named_files(options: Mapping[str, Any]) -> list[Path]:
    """The files that options name as input."""
    texts = [options[option] or "" for option in ("prompt", "template", "system")]
    named = [text[1:] for text in texts if text.startswith("@")]
    return [Path(name) for name in (*named, options["prompts"]) if name]


def _param(text: str) -> tuple[str, Any]:
    """``NAME=JSON``; what is not JSON is a string."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--param {text!r} is not an assignment: write --param NAME=JSON")
    try:
        return name, json.loads(value, parse_constant=_no_json)
    except (ValueError, RecursionError):
        return name, value


def _no_json(constant: str) -> None:
    raise UsageError(f"--param: {constant} is not JSON")
