"""An option that is an amount of US dollars."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import click


class Dollars(click.ParamType[Decimal]):
    """``0.50``, ``$1,200``: exact, above 0."""

    name = "dollars"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Read it."""
        if isinstance(value, Decimal):
            return value
        text = str(value).strip().removeprefix("$").replace(",", "")
        try:
            usd = Decimal(text)
        except InvalidOperation:
            self.fail(f"{value!r} is no amount of US dollars: write 0.50", param, ctx)
        if not usd.is_finite() or not 0 < usd < Decimal("1e12"):
            self.fail(f"{value!r} must be above 0 dollars, and finite", param, ctx)
        return usd
