"""A comparison from the terminal: options in, use case, answers out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from rich.console import Console

from modelforge.app.comparison import ComparisonOutcome, ComparisonRequest, compare
from modelforge.app.output import Output
from modelforge.app.registry import ModelForgeRegistry
from modelforge.cli.configuration import configure
from modelforge.cli.fetching import fetch_missing
from modelforge.cli.progress import ComparisonProgress
from modelforge.cli.signals import StopOnSignal
from modelforge.compare.contestant import parse_models
from modelforge.compare.engine import ComparisonPlan
from modelforge.config.layers import Layer, option_layer
from modelforge.config.schema import CompareSettings
from modelforge.core.errors import UsageError
from modelforge.core.generation import Generation
from modelforge.export.comparison_view import comparison_view
from modelforge.export.summary_view import summary_view
from modelforge.prompts.open import open_prompts
from modelforge.prompts.source import validate
from modelforge.prompts.spec import PromptSpec
from modelforge.prompts.variables import parse_variables

# Options that override a setting of the same meaning in the [compare] table.
_SETTINGS = {
    "timeout": "timeout_s",
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
    # Prompts are read before the signals are taken, so that Ctrl-C ends a wait for stdin.
    with ModelForgeRegistry(configuration) as registry, open_prompts(_prompts(options)) as cases:
        request = ComparisonRequest(
            models=ids,
            cases=cases,
            case_count=validate(cases),
            plan=_plan(configuration.settings.compare, options),
            output=Output.of(options["export"], options["output"]),
            shown_prompts=options["show"],
        )
        fetch_missing(ids, yes=options["yes"], quiet=quiet)
        outcome, code = asyncio.run(_watched(registry, request, quiet=quiet))
    if request.output is None or not request.output.takes_stdout:
        _show(outcome, request.case_count, options)
    return code


async def _watched(
    registry: ModelForgeRegistry, request: ComparisonRequest, *, quiet: bool
) -> tuple[ComparisonOutcome, int]:
    with StopOnSignal() as stop, ComparisonProgress(quiet=quiet) as progress:
        outcome = await compare(registry, request, observer=progress, stop=stop.event)
    return outcome, outcome.exit_code if stop.exit_code is None else stop.exit_code


def _show(outcome: ComparisonOutcome, prompts: int, options: Mapping[str, Any]) -> None:
    console = Console(highlight=False)
    for _, results in groupby(outcome.shown, key=attrgetter("prompt_index")):
        console.print(comparison_view(tuple(results), max_answer_lines=options["max_lines"]))
        console.print()
    if prompts > 1 or not outcome.shown:
        console.print(summary_view(outcome.summaries))


def _overrides(options: Mapping[str, Any]) -> list[Layer]:
    return [
        option_layer(f"--{option.replace('_', '-')}", ["compare", setting], options[option])
        for option, setting in _SETTINGS.items()
        if options[option] is not None
    ]


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
        limit=options["limit"],
    )


def _plan(settings: CompareSettings, options: Mapping[str, Any]) -> ComparisonPlan:
    return ComparisonPlan(
        generation=Generation(
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            top_p=options["top_p"],
            seed=options["seed"],
            stop=options["stop"],
            stream=not options["no_stream"],
            extra=dict(_param(text) for text in options["params"]),
        ),
        repeats=settings.repeats,
        timeout_s=settings.timeout_s,
        max_concurrency=options["concurrency"],
    )


def _param(text: str) -> tuple[str, Any]:
    """``NAME=JSON``; what is not JSON is a string."""
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise UsageError(f"--param {text!r} is not an assignment: write --param NAME=JSON")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
