"""``modelforge cost``."""

from __future__ import annotations

from typing import Final

import click

from modelforge.cli.lazy_group import LazyGroup

# What --help shows, without loading a single command.
_COMMANDS: Final = {
    "plan": "What traffic costs with every model, or with some.",
    "recommend": "The cheapest model that meets your conditions, and why.",
    "hardware": "A million tokens on your own machine, and when it beats an API.",
    "budget": "What stored runs spent, with alerts.",
    "schema": "The JSON Schema of scenario files, for editors.",
    "price": "What a call costs, component by component.",
    "tokens": "The same text in the tokens of several models, and its price.",
}


@click.group(
    "cost",
    cls=LazyGroup,
    modules="modelforge.cli.cost_{}_command",
    summaries=_COMMANDS,
    short_help="Price calls and plans.",
)
def command() -> None:
    """Price calls and plans: right to the cent, and never in silence."""
