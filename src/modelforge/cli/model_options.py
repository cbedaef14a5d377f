"""The options that say which models of the catalogue are wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import click

_DATE = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-[0-3][0-9])?)?\Z")


class _Price(click.ParamType[Decimal]):
    """An exact number of dollars."""

    name = "dollars"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        try:
            price = Decimal(value)
        except InvalidOperation:
            self.fail(f"{value!r} is not a price in dollars", param, ctx)
        if not price.is_finite() or price < 0:
            self.fail(f"{value!r} is not a price: 0 or more", param, ctx)
        return price


class _Date(click.ParamType[str]):
    """A day, or the beginning of one."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not _DATE.match(str(value)):
            self.fail(f"{value!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD", param, ctx)
        return str(value)


def filter_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every condition of ``Filters``, and ``--limit`` and ``--json``."""
    for option in reversed(
        (
            click.option("--provider", metavar="P", help="Only this provider's."),
            click.option(
                "--context", type=click.IntRange(min=1), metavar="N", help="At least N tokens."
            ),
            click.option("--max-input-price", type=_Price(), metavar="X", help="$ per million."),
            click.option("--max-output-price", type=_Price(), metavar="X", help="$ per million."),
            click.option(
                "--modality",
                "modalities",
                multiple=True,
                metavar="KIND",
                help="Takes or gives text, image, audio, video or pdf.",
            ),
            click.option("--tools", is_flag=True, help="Can call tools."),
            click.option("--reasoning", is_flag=True, help="Reasons before it answers."),
            click.option("--open-weights", is_flag=True, help="Its weights are published."),
            click.option(
                "--since",
                "released_since",
                type=_Date(),
                metavar="YYYY-MM",
                help="Released since.",
            ),
            click.option(
                "--limit",
                type=click.IntRange(min=1),
                default=40,
                show_default=True,
                metavar="N",
                help="Show at most N models.",
            ),
            click.option("--json", "as_json", is_flag=True, help="Print them all as JSON."),
        )
    ):
        function = option(function)
    return function
