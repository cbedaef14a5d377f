"""``modelforge cost hardware``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from modelforge.cli.cost_options import output_options, provider_option
from modelforge.cli.sections import SectionedCommand, SectionedOption

_machine = partial(click.option, cls=SectionedOption, section="The machine")


@click.command("hardware", cls=SectionedCommand, short_help="Tokens on your own machine, priced.")
@click.argument("sweep", metavar="SWEEP.json", type=click.Path(path_type=Path))
@_machine(
    "--per-hour",
    type=float,
    required=True,
    metavar="USD",
    help="What the machine costs an hour, busy or not.",
)
@_machine("--slo", metavar="LIMITS", help="What must hold, as in ttft=500ms,itl=50ms@p95.")
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="PROVIDER/MODEL",
    cls=SectionedOption,
    section="Models and prices",
    help="An API to compare with; several may be given.",
)
@provider_option
@output_options(("json",))
def command(**options: Any) -> int:
    """Price a million tokens of a measured server, and say when it beats an API.

    \b
    modelforge benchmark target/llama --sweep --duration 60s --synthetic 512:128 -o sweep.json
    modelforge cost hardware sweep.json --per-hour 2.10 --slo ttft=500ms@p95 --model openai/gpt-4o

    Exit codes: 0 priced, 1 no load holds the limits.
    """
    from modelforge.cli.cost_of_hardware import run  # noqa: PLC0415 (--help must not pay for it)

    return run(options)
