"""The catalogue in use: the one in the package, or the user's when that one is newer."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from modelforge.catalogue.catalogue import Catalogue, Rows
from modelforge.catalogue.files import (
    PROVIDERS_FILE,
    BrokenCatalogue,
    read_catalogue,
)

EMBEDDED: Final = Path(__file__).parent / "data"

_log = logging.getLogger(__name__)


def load_catalogue(refreshed: Path | None = None) -> Catalogue:
    """The embedded catalogue, or the one in the folder ``refreshed`` if that is not older.

    Read once in a process, and again when ``refreshed`` has changed. Providers take about a
    millisecond; models are read by the first question about one. A refreshed catalogue that
    cannot be read is left alone: the embedded one answers.
    """
    if refreshed is None:
        return _embedded()
    try:
        changed_ns = (refreshed / PROVIDERS_FILE).stat().st_mtime_ns
    except OSError:
        return _embedded()
    return _newer(refreshed, changed_ns)


@cache
def _embedded() -> Catalogue:
    return read_catalogue(EMBEDDED, origin="embedded")


@cache
def _newer(refreshed: Path, changed_ns: int) -> Catalogue:  # noqa: ARG001 (part of the cache's key)
    embedded = _embedded()
    try:
        found = read_catalogue(refreshed, origin="refreshed")
    except BrokenCatalogue as error:
        _log.warning("%s; the catalogue in the package is used", error)
        return embedded
    if found.dated < embedded.dated:
        return embedded

    def rows() -> Rows:
        try:
            return found.read_models()
        except BrokenCatalogue as error:
            _log.warning("%s; the models of the package are used", error)
            return embedded.read_models()

    return replace(found, read_models=rows)
