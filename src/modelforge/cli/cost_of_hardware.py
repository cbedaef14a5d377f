"""The cost of a machine of your own, from the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from modelforge.app.cost_plan import open_analyzer, parse_ids
from modelforge.benchmark.objective import Objective
from modelforge.cli.configuration import configure
from modelforge.cli.console import print_table
from modelforge.cli.reporting import write_export
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.cost.analyzer import CostAnalyzer
from modelforge.cost.hardware import BreakEven, HardwareCost, break_even, hardware_cost
from modelforge.cost.scenario import CostScenario
from modelforge.export.hardware_record import hardware_document
from modelforge.export.json_text import document_text
from modelforge.scenarios.sweep_file import read_sweep

_CHEAPEST = 5
_NONE_HOLDS = 1


def run(options: Mapping[str, Any]) -> int:
    """Price the machine as ``options`` say; returns the exit code."""
    objective = None if options["slo"] is None else Objective.parse(options["slo"])
    unit, loads = read_sweep(options["sweep"])
    machine = hardware_cost(
        loads,
        usd_per_hour=options["per_hour"],
        unit=unit,
        limits_ms={} if objective is None else dict(objective.slo.limits_ms()),
        percentile="p99" if objective is None else f"p{objective.share * 100:g}",
        limits=None if objective is None else objective.description,
    )
    models = parse_ids(options["models"])
    if models or options["providers"]:
        configuration = configure(
            options["config_file"], options["assignments"], verbose=options["verbose"]
        )
        analyzer = open_analyzer(configuration)
        found = _compared(machine, analyzer, models, options["providers"])
        machine = replace(machine, break_even=tuple(found))
    if options["export_format"] is None and options["output"] is None:
        from modelforge.export.hardware_view import hardware_view  # noqa: PLC0415 (rich)

        print_table(hardware_view(machine))
    else:
        formats = {"json": lambda: document_text(hardware_document(machine))}
        write_export(
            formats, options["export_format"], options["output"], inputs=[options["sweep"]]
        )
    return _NONE_HOLDS if machine.best is None else 0


def _compared(
    machine: HardwareCost,
    analyzer: CostAnalyzer,
    models: Sequence[ModelId],
    providers: Sequence[str],
) -> list[BreakEven]:
    """The named models, or the cheapest of the providers, asked the sweep's mean request."""
    prompt, completion = machine.prompt_tokens, machine.completion_tokens
    if prompt is None or completion is None:
        raise UsageError("the sweep's server counted no tokens: no API can be compared with it")
    request = CostScenario("one request", 1, round(prompt), round(completion), 1)
    ids = list(models) or analyzer.ids(providers)
    totals = analyzer.analyse(request, ids).totals
    shown = range(len(ids)) if models else islice(totals.comparable(), _CHEAPEST)
    found = []
    for place in shown:
        verdict = totals.verdict(place)
        metered = verdict.status == "priced" and verdict.kind == "metered"
        note = "; ".join(verdict.reasons) or (None if verdict.kind == "metered" else verdict.kind)
        usd = float(totals.usd[place]) if metered else None
        found.append(break_even(machine, totals.ids[place], usd, note=note))
    return found
