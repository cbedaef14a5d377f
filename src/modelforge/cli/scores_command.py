"""``modelforge scores``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from modelforge.cli.report_options import report_options
from modelforge.prompts.spec import FORMATS


@click.command("scores", short_help="Compare models by a table of graded answers.")
@click.argument("table", metavar="FILE")
@click.option("--case-field", metavar="NAME", help="What names the case: a dot goes into objects.")
@click.option(
    "--model-field", metavar="NAME", help="What names the model.  [default: model_id, or model]"
)
@click.option(
    "--score-field", default="score", show_default=True, metavar="NAME", help="The score."
)
@click.option(
    "--cluster-field",
    default="cluster",
    show_default=True,
    metavar="NAME",
    help="What names the document or conversation a case is of.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="MODEL=FIELD",
    help="Instead of one score a row: the field that holds this model's.",
)
@click.option("--format", "format_", type=click.Choice(FORMATS), help="When no suffix says it.")
@click.option("--lower-is-better", is_flag=True, help="Of errors, seconds, edit distances.")
@click.option(
    "--confidence",
    type=float,
    default=0.95,
    metavar="P",
    help="How sure intervals and verdicts are to be.  [default: 0.95]",
)
@click.option("--margin", metavar="SIZE", help="Differences up to this do not matter: 0.02 or 5%.")
@report_options(("json", "markdown"))
def command(*, table: str, **options: Any) -> int:
    """Compare models whose answers were graded: intervals, pairs, verdicts.

    A row is a graded answer: a case, a model and its score, a number or pass and fail. Several
    rows of a case and a model are repeats, and averaged.

    \b
    modelforge scores graded.jsonl
    modelforge scores answers.csv --score-field correct --case-field prompt_id --margin 2%
    modelforge scores wide.jsonl --case-field question --column small=small.ok --column big=big.ok

    Exit codes: 0 compared, 2 the table cannot be used.
    """
    from modelforge.cli.scoring import run  # noqa: PLC0415 (--help must not pay for it)

    return run(table, options)


def columns_of(texts: tuple[str, ...]) -> dict[str, str]:
    """``MODEL=FIELD`` by model."""
    columns = {}
    for text in texts:
        model, equals, path = text.partition("=")
        if not (model and equals and path):
            raise click.UsageError(f"--column {text!r}: write MODEL=FIELD")
        columns[model] = path
    return columns


def input_of(table: str) -> list[Path]:
    """The file that the report must not overwrite."""
    return [] if table == "-" else [Path(table)]
