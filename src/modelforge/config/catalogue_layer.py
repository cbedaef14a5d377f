"""The providers of the catalogue as the weakest layer of configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.provider import Provider
from modelforge.config.builtin import OWN_PROVIDERS
from modelforge.config.layers import Layer


def refreshed_folder() -> Path:
    """Where a refreshed catalogue is kept, in the user's cache."""
    return user_cache_path("modelforge", appauthor=False) / "catalogue"


def catalogue_origin(catalogue: Catalogue) -> str:
    """What is named as the source of a setting that the catalogue gave."""
    return f"catalogue of {catalogue.dated}"


def catalogue_layer(catalogue: Catalogue) -> Layer:
    """What a user would have written for each provider of ``catalogue``.

    One that bears the name of a provider of this process says nothing of that one.
    """
    others = catalogue.providers.keys() - OWN_PROVIDERS
    tables = {name: _table(catalogue.providers[name]) for name in sorted(others)}
    return Layer(origin=catalogue_origin(catalogue), values={"providers": tables})


def _table(provider: Provider) -> dict[str, Any]:
    """A provider that only its own package reaches has no address: its protocol is not known."""
    table: dict[str, Any] = {"api_key_env": provider.key_variables}
    if provider.protocol is not None:
        table["protocol"] = provider.protocol
        if provider.api is not None:
            table["base_url"] = provider.api
    return table
