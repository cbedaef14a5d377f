"""Options that the commands of ``modelforge cost`` share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from modelforge.cli.options import configuration_options
from modelforge.cli.sections import SectionedOption

FORMATS: Final = ("json", "csv", "markdown")

_traffic = partial(click.option, cls=SectionedOption, section="Traffic")
_prices = partial(click.option, cls=SectionedOption, section="Models and prices")
_output = partial(click.option, cls=SectionedOption, section="Output")

_SCENARIO_OPTIONS: Final = (
    _traffic(
        "--requests-per-day",
        type=float,
        metavar="N",
        help="Without FILE: requests a day.",
    ),
    _traffic(
        "--prompt-tokens",
        metavar="N|LAW",
        help="Without FILE: 1200, lognormal(1200,600), uniform(200,800), normal(…).",
    ),
    _traffic("--completion-tokens", metavar="N|LAW", help="Without FILE: as --prompt-tokens."),
    _traffic("--days", type=int, metavar="N", help="How long, for every scenario.  [default: 30]"),
    _traffic("--seed", type=int, default=0, metavar="S", help="Of all that is drawn."),
)


def scenario_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``FILE`` and what may stand in its place."""
    for option in reversed(_SCENARIO_OPTIONS):
        function = option(function)
    return click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))(
        function
    )


def provider_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--provider``."""
    return _prices(
        "--provider",
        "providers",
        multiple=True,
        metavar="NAME",
        help="Only models of this provider; several may be given.",
    )(function)


def output_options(
    formats: tuple[str, ...] = FORMATS,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--export``, ``-o`` and the options of the configuration."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        function = configuration_options(function)
        for option in (
            _output(
                "-o",
                "--output",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="Write it to FILE; its suffix may name the format.",
            ),
            _output(
                "--export",
                "export_format",
                type=click.Choice(formats),
                help="Write it in this format; to stdout, unless -o names a file.",
            ),
        ):
            function = option(function)
        return function

    return decorate
