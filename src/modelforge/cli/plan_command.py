"""``modelforge plan``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from modelforge.cli.report_options import report_options


@click.command("plan", short_help="How much to measure for a difference that matters.")
@click.option(
    "--difference",
    metavar="D",
    help="To be found: 0.05, or 5%: of the pilot's mean; of shares, points.",
)
@click.option("--prompts", type=int, metavar="N", help="Instead: what N prompts find.")
@click.option("--seconds", type=float, metavar="S", help="Instead: what two runs of S s find.")
@click.option("--power", type=float, default=0.8, help="How often it is found.  [default: 0.8]")
@click.option(
    "--confidence", type=float, default=0.95, metavar="P", help="Of the test.  [default: 0.95]"
)
@click.option(
    "--repeats", type=int, default=1, metavar="R", help="Answers to each prompt.  [default: 1]"
)
@click.option(
    "--pilot",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Graded answers, an export of compare, or a benchmark's report (with --figure).",
)
@click.option("--model", "models", multiple=True, metavar="M", help="Of the pilot: two of these.")
@click.option(
    "--score-field",
    default="score",
    show_default=True,
    metavar="NAME",
    help="Of the pilot: the number that is compared.",
)
@click.option("--case-field", metavar="NAME", help="Of the pilot: what names the case.")
@click.option("--model-field", metavar="NAME", help="Of the pilot: what names the model.")
@click.option(
    "--column", "columns", multiple=True, metavar="MODEL=FIELD", help="As of modelforge scores."
)
@click.option("--figure", metavar="FIGURE", help="Of a benchmark's report: e2e.mean, ttft.p50.")
@click.option("--sd", type=float, help="Assume: standard deviation of a prompt's difference.")
@click.option("--repeat-sd", type=float, default=0.0, help="Assume: of it between repeats.")
@click.option("--pass-rate", type=float, metavar="P", help="Assume: how often the models pass.")
@click.option(
    "--discordant", type=float, metavar="P", help="Assume: how often just one of them passes."
)
@report_options(("json", "markdown"))
def command(**options: Any) -> int:
    """How many prompts, repeats or seconds find a difference, or what difference so many find.

    \b
    modelforge plan --difference 0.05 --pass-rate 0.6
    modelforge plan --difference 0.1 --sd 0.5 --repeats 3
    modelforge plan --difference 2% --pilot graded.jsonl --model A --model B
    modelforge plan --difference 5% --pilot report.json --figure e2e.mean
    modelforge plan --prompts 100 --pass-rate 0.6

    Exit codes: 0 planned, 2 the question or the pilot cannot be used.
    """
    from modelforge.cli.planning import run  # noqa: PLC0415 (--help must not pay for it)

    return run(options)
