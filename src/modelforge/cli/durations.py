"""Durations as options take them."""

from __future__ import annotations

from typing import Any

import click

from modelforge.core.errors import UsageError
from modelforge.simulator.duration import parse_duration_s


class Duration(click.ParamType[float]):
    """Seconds, written with a unit: ``30s``, ``2m``, ``500ms``, ``1h``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_duration_s(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)
