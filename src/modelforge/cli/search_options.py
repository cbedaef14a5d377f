"""The options of ``modelforge benchmark`` that try several loads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from modelforge.cli.sections import SectionedOption

_search = partial(click.option, cls=SectionedOption, section="Search")


def search_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--sweep``, ``--find-max`` and ``--tolerance``, as ``sweep``, ``find_max``, ``tolerance``.

    The searches turn up the rate where one is given, else the concurrency; the given value is the
    first one they try.
    """
    for option in (
        _search(
            "--tolerance",
            type=click.FloatRange(0.005, 1),
            metavar="SHARE",
            help="How narrow the interval of --find-max is to be.  [default: 0.05]",
        ),
        _search(
            "--find-max",
            is_flag=True,
            help="Search the highest load that holds --slo (ttft=500ms@p99), with an interval.",
        ),
        _search(
            "--sweep",
            is_flag=True,
            help="Raise the load until throughput grows no more: the saturation point.",
        ),
    ):
        function = option(function)
    return function
