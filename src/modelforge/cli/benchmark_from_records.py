"""``modelforge benchmark --from-records``: the report of what was recorded before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click

from modelforge.app import benchmark_report
from modelforge.app.output import same_file
from modelforge.app.registry import ModelForgeRegistry
from modelforge.cli.benchmark_config import slo_of
from modelforge.cli.benchmark_output import exit_code, note, outputs, show
from modelforge.cli.configuration import configure
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.core.numbers import require_between

_OF_REPORTS: Final = frozenset(
    {"slo", "export", "output", "from_records", "allow_invalid", "quiet"}
    | {"confidence", "exclude_warm_up", "margin"}
    | {"config_file", "assignments", "verbose"}
)
"""The options that say something of a report, and not of what is sent."""


def report_again(model: str | None, options: Mapping[str, Any]) -> int:
    """Report ``--from-records`` as ``options`` say; returns the exit code.

    Raises:
        UsageError: options say what is to be sent, or a file is no recording, named twice or of
            another model than the others.
    """
    _refuse_run_options(model, options)
    _refuse_doubles(options["from_records"])
    slo = slo_of(options)
    output, console = outputs(options)
    recordings = [benchmark_report.read(path) for path in options["from_records"]]
    models = sorted({recording.plan.model for recording in recordings})
    if len(models) > 1:
        raise UsageError(f"the records are of several models: {', '.join(models)}")
    configuration = configure(
        options["config_file"], options["assignments"], verbose=options["verbose"]
    )
    with ModelForgeRegistry(configuration) as registry:
        prices = registry.prices(ModelId.parse(models[0]))
    require_between("the confidence", options["confidence"], 0.5, 0.9999)
    result = benchmark_report.report(
        recordings,
        prices=prices,
        slo=slo,
        level=options["confidence"],
        exclude_warm_up=options["exclude_warm_up"],
    )
    show(result, output, console)
    if not options["quiet"]:
        note({}, (), output)
    return exit_code(result, options)


def _refuse_run_options(model: str | None, options: Mapping[str, Any]) -> None:
    if model is not None:
        raise UsageError("--from-records reports what was recorded: leave PROVIDER/MODEL out")
    context = click.get_current_context()
    for name in options:
        source = context.get_parameter_source(name)
        if name not in _OF_REPORTS and source is click.core.ParameterSource.COMMANDLINE:
            flag = name.replace("_", "-")
            raise UsageError(f"--from-records sends nothing: leave --{flag} out")


def _refuse_doubles(records: Sequence[Path]) -> None:
    for place, path in enumerate(records):
        if any(same_file(path, other) for other in records[:place]):
            raise UsageError(f"--from-records {path} is named twice: each request counts once")
