"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


def configuration_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--config``, ``--set`` and ``--verbose``."""
    for option in (
        click.option("-v", "--verbose", is_flag=True, help="Log what is done to stderr."),
        click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            help="Override one setting, e.g. providers.target.base_url=http://127.0.0.1:8000/v1.",
        ),
        click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Read this file instead of ./modelforge.toml and the user's.",
        ),
    ):
        function = option(function)
    return function
