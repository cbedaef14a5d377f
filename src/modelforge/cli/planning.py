"""A plan from the terminal: a question in, a number and a sentence out."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from modelforge.app.graded import GradedTable
from modelforge.app.planning import (
    Wanted,
    plan_from_report,
    plan_from_spread,
    plan_from_table,
    plan_pass_fail,
)
from modelforge.app.report_output import ReportOutput
from modelforge.cli.reporting import deliver
from modelforge.cli.scores_command import columns_of
from modelforge.compare.evidence_plan import require_level
from modelforge.core.errors import UsageError
from modelforge.export.plan_view import plan_json, plan_markdown, plan_view
from modelforge.stats.planning import Spread
from modelforge.stats.sizes import SizePlan


def run(options: Mapping[str, Any]) -> int:
    """Plan as ``options`` say; returns the exit code."""
    pilot = options["pilot"]
    output = ReportOutput.of(
        options["export"],
        options["output"],
        inputs=[] if pilot is None else [pilot],
        formats=("json", "markdown"),
    )
    found = _plan(options, _wanted(options))
    deliver(
        output,
        {"json": lambda: plan_json(found), "markdown": lambda: plan_markdown(found)},
        view=plan_view(found),
        quiet=options["quiet"],
    )
    return 0


def _wanted(options: Mapping[str, Any]) -> Wanted:
    asked = [name for name in ("difference", "prompts", "seconds") if options[name] is not None]
    if len(asked) != 1:
        raise UsageError(
            "ask one thing: --difference D (how much finds it), --prompts N or --seconds S (what"
            " they find)"
        )
    if not 0 < options["power"] < 1:
        raise UsageError(f"--power lies within 0 and 1, such as 0.8, not {options['power']:g}")
    require_level(options["confidence"])
    difference, relative = _difference(options["difference"])
    return Wanted(
        difference=difference,
        relative=relative,
        size=options["prompts"] if options["seconds"] is None else options["seconds"],
        repeats=options["repeats"],
        power=options["power"],
        alpha=round(1 - options["confidence"], 12),
    )


def _difference(text: str | None) -> tuple[float | None, bool]:
    if text is None:
        return None, False
    relative = text.endswith("%")
    try:
        size = float(text.removesuffix("%"))
    except ValueError:
        size = 0.0
    if not (size and isfinite(size)):
        raise UsageError(f"--difference {text!r} is no size: write 0.05 or 5%")
    return (size / 100 if relative else size), relative


def _plan(options: Mapping[str, Any], wanted: Wanted) -> SizePlan:
    bases = [name for name in ("pilot", "sd", "pass_rate") if options[name] is not None]
    if len(bases) != 1:
        raise UsageError("a plan rests on one of --pilot FILE, --sd S and --pass-rate P")
    if options["seconds"] is not None and options["figure"] is None:
        raise UsageError("--seconds is of a benchmark: give --pilot REPORT and --figure")
    if options["prompts"] is not None and options["figure"] is not None:
        raise UsageError("--figure is of a benchmark, whose size is --seconds")
    if options["pilot"] is not None:
        return _from_pilot(options, wanted)
    if options["figure"] is not None:
        raise UsageError("--figure is of a benchmark's report: name it with --pilot")
    if options["sd"] is not None:
        spread = Spread(between_prompts_sd=options["sd"], within_prompt_sd=options["repeat_sd"])
        if not (0 < spread.between_prompts_sd < float("inf") and spread.within_prompt_sd >= 0):
            raise UsageError("--sd is above 0, and --repeat-sd is not below")
        basis = f"an assumed standard deviation of {options['sd']:g}"
        return plan_from_spread(spread, wanted, basis=basis, mean=None)
    discordant = options["discordant"]
    basis = f"an assumed pass rate of {100 * options['pass_rate']:.3g} %"
    basis += (
        ", models that fail independently"
        if discordant is None
        else f", and {100 * discordant:.3g} % of prompts that just one passes"
    )
    return plan_pass_fail(options["pass_rate"], wanted, discordant=discordant, basis=basis)


def _from_pilot(options: Mapping[str, Any], wanted: Wanted) -> SizePlan:
    if options["figure"] is not None:
        return plan_from_report(options["pilot"], wanted, figure=options["figure"])
    table = GradedTable(
        path=str(options["pilot"]),
        case=options["case_field"],
        model=options["model_field"],
        score=options["score_field"],
        columns=columns_of(options["columns"]),
    )
    return plan_from_table(table, wanted, models=options["models"])
