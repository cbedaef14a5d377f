"""``modelforge cost price``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from modelforge.app.price_input import read_moment, read_rates, read_usage
from modelforge.app.prices import CONFIGURED, Prices
from modelforge.cli.configuration import configure
from modelforge.cli.console import print_table
from modelforge.cli.model_tables import age_line
from modelforge.cli.options import configuration_options
from modelforge.cli.reporting import write_export
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.export.price_record import (
    price_csv,
    price_json,
    price_markdown,
    price_table_view,
)
from modelforge.pricing.priced_call import PricedCall
from modelforge.pricing.tariff import Mode

_FORMATS: Final[Mapping[str, Callable[[PricedCall], str]]] = {
    "json": price_json,
    "csv": price_csv,
    "markdown": price_markdown,
}
_MODES: Final[tuple[Mode, ...]] = ("standard", "batch", "flex")


@click.command("price", short_help="What a call costs, component by component.")
@click.option("--provider", required=True, metavar="NAME", help="Who serves the model.")
@click.option("--model", required=True, metavar="NAME", help="What the provider calls it.")
@click.option(
    "--usage",
    required=True,
    metavar="JSON",
    help='Tokens: {"input_total": 10000, "cache_read": 8000, "output_total": 1000}. Parts are'
    " inside their total: cache_read, cache_write_5m, cache_write_1h and input_audio of the input,"
    " reasoning and output_audio of the output.",
)
@click.option(
    "--requests",
    type=click.IntRange(1, 10**12),
    default=1,
    show_default=True,
    help="How many requests the usage is the total of; their mean input decides the tier.",
)
@click.option("--as-of", metavar="TIME", help="The price at this time, ISO 8601; else the newest.")
@click.option(
    "--mode",
    type=click.Choice(_MODES),
    default="standard",
    show_default=True,
    help="How it is asked.",
)
@click.option(
    "--region", metavar="NAME", help="Where it is served, such as us, if that costs more."
)
@click.option(
    "--rates",
    metavar="JSON",
    help='Take these instead of the listed rates, USD per million tokens: {"input": "2.5"}.',
)
@click.option("--export", type=click.Choice(tuple(_FORMATS)), help="Write it in this format.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there; the suffix names the format where --export does not.",
)
@configuration_options
def command(
    *,
    provider: str,
    model: str,
    usage: str,
    requests: int,
    as_of: str | None,
    mode: Mode,
    region: str | None,
    rates: str | None,
    export: str | None,
    output: Path | None,
    config_file: Path | None,
    assignments: tuple[str, ...],
    verbose: bool,
) -> None:
    """Price the tokens of a call, or of several, at what its provider asks.

    A model whose price is not known is unpriced, and a part without a rate is named as missing:
    neither is ever zero.

    \b
    modelforge cost price --provider openai --model gpt-4o \\
        --usage '{"input_total": 10000, "cache_read": 8000, "output_total": 1000}'
    """
    counted = read_usage(usage)
    given = None if rates is None else read_rates(rates)
    moment = None if as_of is None else read_moment(as_of)
    if not provider.strip() or not model.strip():
        raise UsageError("--provider and --model name the model: neither may be empty")
    configuration = configure(config_file, assignments, verbose=verbose)
    catalogue, now = configuration.catalogue, datetime.now(UTC)
    quote = Prices(configuration, now=now).quote(
        ModelId(provider=provider.strip(), model=model.strip()),
        mode=mode,
        as_of=moment,
        region=region,
        given=given,
    )
    call = PricedCall.of(quote, counted, requests=requests)
    if export is None and output is None:
        for part in price_table_view(call):
            print_table(part)
        if given is None and call.quote.source != CONFIGURED:
            click.echo(age_line(catalogue, catalogue.age_days(now.date())))
        return
    formats = {name: partial(made, call) for name, made in _FORMATS.items()}
    write_export(formats, export, output)
