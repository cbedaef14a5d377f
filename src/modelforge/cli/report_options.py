"""Where a report goes: options that commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click


def report_options(
    formats: Sequence[str],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--export`` in one of ``formats``, ``-o`` and ``--quiet``."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors."),
            click.option(
                "-o",
                "--output",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Write the report to FILE.",
            ),
            click.option(
                "--export",
                type=click.Choice(tuple(formats)),
                help="Write the report in this format; to stdout, unless -o names a file.",
            ),
        ):
            function = option(function)
        return function

    return decorate
