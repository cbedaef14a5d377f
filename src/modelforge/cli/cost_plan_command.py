"""``modelforge cost plan``."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import click

from modelforge.cli.cost_options import output_options, provider_option, scenario_options
from modelforge.cli.sections import SectionedCommand, SectionedOption


@click.command("plan", cls=SectionedCommand, short_help="What traffic costs with every model.")
@scenario_options
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="PROVIDER/MODEL",
    cls=SectionedOption,
    section="Models and prices",
    help="Only this model, in detail; several may be given.",
)
@provider_option
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    metavar="N",
    cls=SectionedOption,
    section="Output",
    help="Show the N cheapest models that can serve a scenario.",
)
@click.option(
    "--chart",
    type=click.Path(path_type=Path),
    metavar="FILE",
    cls=SectionedOption,
    section="Output",
    help="Draw the bill against the traffic, as .svg or .png.",
)
@click.option(
    "--no-cache",
    is_flag=True,
    cls=SectionedOption,
    section="Output",
    help="Neither use nor keep earlier analyses.",
)
@output_options()
def command(**options: Any) -> int:
    """Project what traffic costs, by model, with the interval that its tokens leave.

    \b
    modelforge cost plan scenarios.yaml
    modelforge cost plan scenarios.yaml --model openai/gpt-4o --chart bill.svg
    modelforge cost plan --requests-per-day 2000 --prompt-tokens 1200 --completion-tokens 300

    A file is YAML, JSON, JSON Lines or CSV, a scenario a row; modelforge cost schema prints its
    JSON Schema. Models listed as free, paid by a subscription and without a price are counted and
    never among the cheapest.
    """
    gc.disable()  # thousands of prices that all live to the end: looking for garbage finds none
    from modelforge.cli.cost_planning import run  # noqa: PLC0415 (--help must not pay for it)

    code = run(options)
    gc.freeze()  # nor does the last look, when the process ends
    return code
