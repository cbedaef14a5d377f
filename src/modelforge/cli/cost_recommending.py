"""A recommendation from the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelforge.app.cost_plan import open_analyzer
from modelforge.cli.configuration import configure
from modelforge.cli.console import print_table
from modelforge.cli.cost_scenarios import scenarios_of
from modelforge.core.errors import UsageError
from modelforge.cost.constraints import Constraints
from modelforge.cost.recommendation_record import recommendation_record
from modelforge.scenarios.values_by_model import ModelValues, read_values

_SCORES = ("score", "quality", "value", "accuracy")
_LATENCIES = ("latency_s", "latency", "median_latency_s", "value")
_NONE = 1


def run(options: Mapping[str, Any]) -> int:
    """Recommend as ``options`` say; returns the exit code."""
    constraints = constraints_of(options)
    scenarios = scenarios_of(options["files"], options)
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    analyzer = open_analyzer(configuration, seed=options["seed"])
    found = analyzer.recommendation(scenarios, constraints, told=options["runners_up"] + 1)
    record = recommendation_record(found, constraints, runners_up=options["runners_up"])
    if options["export_format"] is None and options["output"] is None:
        from modelforge.export.cost_lines import prices_line  # noqa: PLC0415 (as below)
        from modelforge.export.recommendation_view import recommendation_view  # noqa: PLC0415 (rich)

        catalogue = analyzer.catalogue
        prices = prices_line(catalogue.dated, catalogue.origin, analyzer.age_days)
        print_table(recommendation_view(record, scenarios, prices=prices))
    else:
        from modelforge.cli.reporting import write_export  # noqa: PLC0415 (every writer there is)
        from modelforge.export.json_text import document_text  # noqa: PLC0415 (as above)

        formats = {"json": lambda: document_text(record)}
        tables = [options[name] for name in ("quality", "latency") if options[name] is not None]
        write_export(
            formats,
            options["export_format"],
            options["output"],
            inputs=[*options["files"], *tables],
        )
    return 0 if found.best is not None else _NONE


def constraints_of(options: Mapping[str, Any]) -> Constraints:
    """The conditions that options name.

    Raises:
        UsageError: a limit and its measurements do not stand together, or a file cannot be used.
    """
    for limit, file in (("min_quality", "quality"), ("max_latency", "latency")):
        if options[limit] is not None and options[file] is None:
            dashed = limit.replace("_", "-")
            raise UsageError(f"--{dashed} needs --{file} FILE: values by provider/model")
    quality, latency = ModelValues(values={}), ModelValues(values={})
    if options["quality"] is not None:
        quality = read_values(options["quality"], names=_SCORES)
    if options["latency"] is not None:
        latency = read_values(options["latency"], names=_LATENCIES, latency=True)
    return Constraints(
        context=options["context"],
        modalities=options["modalities"],
        tools=options["tools"],
        reasoning=options["reasoning"],
        structured_output=options["structured_output"],
        open_weights=options["open_weights"],
        max_cost=options["max_cost"],
        min_quality=options["min_quality"],
        quality=quality.values,
        quality_interval=quality.intervals,
        max_latency_s=options["max_latency"],
        latency_s=latency.values,
        providers=options["providers"],
        not_providers=options["not_providers"],
        knowledge_since=options["knowledge_since"],
        deprecated=options["deprecated"],
    )
