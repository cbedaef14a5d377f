"""Weights fetched with a progress bar, and offered when they are missing."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from modelforge.app.local_models import missing_models
from modelforge.cli.console import progress_console
from modelforge.core.errors import WeightsMissing
from modelforge.core.model_id import ModelId
from modelforge.local.catalogue import LocalModel
from modelforge.local.weights import pull, weights_path

_MEGABYTE = 1_000_000


def fetch(model: LocalModel, *, quiet: bool) -> str:
    """Fetch a model's weights unless they are here, with a bar on stderr; returns where they are.

    Raises:
        DownloadFailed: they cannot be fetched or are not the ones expected.
    """
    done = "already here:" if weights_path(model).is_file() else "fetched"
    console = progress_console()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    ) as progress:
        task = progress.add_task(f"local/{model.name}", total=model.download_bytes)
        path = pull(model, progress=lambda done, _: progress.update(task, completed=done))
    if not quiet:
        click.echo(f"{done} local/{model.name} ({model.licence}) in {path}", err=True)
    return str(path)


def fetch_missing(ids: Sequence[ModelId], *, yes: bool, quiet: bool) -> None:
    """Fetch the known local models among ``ids`` that are not here yet, once that is agreed to.

    Raises:
        WeightsMissing: nobody agreed, or there is nobody to ask.
    """
    for model in missing_models(ids):
        size = f"{model.download_bytes / _MEGABYTE:.0f} MB, {model.licence}"
        if not yes and not _agreed(f"local/{model.name} is not here yet ({size}). Fetch it now?"):
            raise WeightsMissing(
                f"local/{model.name} has not been fetched yet ({size}): "
                f"add --yes, or run modelforge models pull {model.name}"
            )
        fetch(model, quiet=quiet)


def _agreed(question: str) -> bool:
    """Ask, if there is a person to answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return click.confirm(question, default=True, err=True)
