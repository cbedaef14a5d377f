"""``modelforge cost recommend``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from modelforge.cli.cost_options import output_options, scenario_options
from modelforge.cli.sections import SectionedCommand, SectionedOption

_must = partial(click.option, cls=SectionedOption, section="What a model must be")
_file = click.Path(path_type=Path)


@click.command("recommend", cls=SectionedCommand, short_help="The cheapest model that will do.")
@scenario_options
@_must("--provider", "providers", multiple=True, metavar="NAME", help="Served by one of these.")
@_must("--not-provider", "not_providers", multiple=True, metavar="NAME", help="By none of these.")
@_must("--context", type=int, metavar="TOKENS", help="With at least this context.")
@_must("--modality", "modalities", multiple=True, metavar="KIND", help="image, audio, video, pdf.")
@_must("--tools", is_flag=True, help="Calls tools.")
@_must("--reasoning", is_flag=True, help="Reasons.")
@_must("--structured-output", is_flag=True, help="Keeps to a JSON Schema.")
@_must("--open-weights", is_flag=True, help="Its weights are open.")
@_must("--knowledge-since", metavar="YYYY-MM", help="Has read what is from then on.")
@_must("--deprecated", is_flag=True, help="Also models that are being withdrawn.")
@_must("--max-cost", type=float, metavar="USD", help="For all scenarios together.")
@_must("--min-quality", type=float, metavar="SCORE", help="In the unit of --quality.")
@_must("--quality", type=_file, metavar="FILE", help="Your scores by model: JSON, JSONL, CSV.")
@_must("--max-latency", type=float, metavar="SECONDS", help="By --latency.")
@_must("--latency", type=_file, metavar="FILE", help="A comparison's export, or values by model.")
@click.option(
    "--runners-up",
    type=click.IntRange(0, 1000),
    default=5,
    show_default=True,
    metavar="N",
    cls=SectionedOption,
    section="Output",
    help="Show so many of the next best.",
)
@output_options(("json",))
def command(**options: Any) -> int:
    """Name the cheapest model over all scenarios that meets every condition, and why.

    \b
    modelforge cost recommend scenarios.yaml --tools --context 200000
    modelforge cost recommend scenarios.yaml --min-quality 0.8 --quality scores.csv

    What is not known of a model meets no condition on it. Models listed as free, paid by a
    subscription or without a price are told apart and never recommended for being cheap.

    Exit codes: 0 a model is recommended, 1 none meets every condition.
    """
    from modelforge.cli.cost_recommending import run  # noqa: PLC0415 (--help must not pay for it)

    return run(options)
