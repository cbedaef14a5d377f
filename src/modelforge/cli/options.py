"""Options that commands share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from modelforge.config.load import Configuration, load_configuration


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


def configure(
    config_file: Path | None, assignments: tuple[str, ...], *, verbose: bool
) -> Configuration:
    """Set up logging as asked and read the configuration."""
    if verbose:
        logging.basicConfig(
            level=logging.DEBUG, format="%(relativeCreated)7.0f ms %(name)s: %(message)s"
        )
        logging.getLogger("asyncio").setLevel(logging.WARNING)
    return load_configuration(file=config_file, assignments=assignments)
