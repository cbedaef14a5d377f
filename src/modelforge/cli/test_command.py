"""``modelforge test``: one door to every engine."""

from __future__ import annotations

from typing import Any

import click

from modelforge.cli.compare_options import comparison_options
from modelforge.cli.sections import SectionedCommand


@click.command(
    "test",
    cls=SectionedCommand,
    short_help="One door to the engines: --compare A,B asks models the same.",
)
@click.option(
    "--compare",
    "listed",
    required=True,
    metavar="A,B",
    help="Models to compare, separated by commas.",
)
@comparison_options
def command(*, listed: str, **options: Any) -> int:
    """Test models: --compare A,B is ``modelforge compare A B``, with the same options.

    \b
    modelforge test --compare local/smollm2-135m,local/gemma-3-270m --prompt "Why is the sky blue?"
    """
    from modelforge.cli.comparison import run  # noqa: PLC0415 (--help must not pay for it)

    return run(tuple(listed.split(",")), options)
