"""``modelforge compare``."""

from __future__ import annotations

from typing import Any

import click

from modelforge.cli.compare_options import comparison_options
from modelforge.cli.sections import SectionedCommand


@click.command(
    "compare", cls=SectionedCommand, short_help="Ask several models the same, side by side."
)
@click.argument("models", nargs=-1, metavar="PROVIDER/MODEL...")
@click.option("--compare", "listed", metavar="A,B", help="Models, separated by commas.")
@comparison_options
def command(*, models: tuple[str, ...], listed: str | None, **options: Any) -> int:
    """Ask several models the same and show their answers side by side.

    \b
    modelforge compare openai/gpt-4o local/smollm2-135m --prompt "Why is the sky blue?"
    modelforge compare A B --prompts questions.jsonl --export csv -o answers.csv

    Exit codes: 0 every model answered everything, 1 some answer failed, 2 the command or its
    input must change (nothing was sent), 130 interrupted (what had arrived is kept).
    """
    from modelforge.cli.comparison import run  # noqa: PLC0415 (--help must not pay for it)

    return run((*models, *(listed.split(",") if listed else ())), options)
