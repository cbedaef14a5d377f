"""A catalogue as two files: a small one of providers, and one of models, read when needed."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from modelforge.catalogue.catalogue import Catalogue, Rows
from modelforge.catalogue.model import Model
from modelforge.catalogue.provider import Provider, decode_providers, encode_provider
from modelforge.catalogue.rows import COLUMNS, encode_model

PROVIDERS_FILE: Final = "providers.json"
MODELS_FILE: Final = "models.json.gz"

_PROVIDERS_SCHEMA: Final = "modelforge.catalogue.providers/1"
_MODELS_SCHEMA: Final = "modelforge.catalogue.models/1"


class BrokenCatalogue(ValueError):
    """A catalogue's file is not what was written; ModelForge never shows this to a user."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueFiles:
    """The bytes of both files; the same catalogue gives the same bytes."""

    providers: bytes
    models: bytes


def encode_catalogue(
    dated: date, providers: Iterable[Provider], models: Iterable[Model]
) -> CatalogueFiles:
    """The files of a catalogue."""
    rows: dict[str, list[list[Any]]] = {}
    for model in sorted(models, key=lambda model: model.id):
        rows.setdefault(model.id.provider, []).append(encode_model(model))
    by_id = {provider.id: encode_provider(provider) for provider in providers}
    return CatalogueFiles(
        providers=_json(
            {
                "schema": _PROVIDERS_SCHEMA,
                "dated": dated.isoformat(),
                "providers": dict(sorted(by_id.items())),
            },
            indent=1,
        ),
        models=gzip.compress(
            _json({"schema": _MODELS_SCHEMA, "columns": COLUMNS, "models": rows}), mtime=0
        ),
    )


def read_catalogue(folder: Path, *, origin: str) -> Catalogue:
    """The catalogue in ``folder``; its models are read when first asked for.

    Raises:
        BrokenCatalogue: the file of providers is missing or is not one; from reading models too.
    """
    try:
        tree = json.loads((folder / PROVIDERS_FILE).read_bytes())
        if tree["schema"] != _PROVIDERS_SCHEMA:
            raise BrokenCatalogue(f"{folder / PROVIDERS_FILE}: schema {tree['schema']!r}")
        providers = decode_providers(tree["providers"])
        dated = date.fromisoformat(tree["dated"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenCatalogue(f"{folder / PROVIDERS_FILE}: {error}") from error
    return Catalogue(
        dated=dated,
        origin=origin,
        providers=providers,
        read_models=lambda: read_rows(folder / MODELS_FILE),
    )


def read_rows(path: Path) -> Rows:
    """The rows of a file of models.

    Raises:
        BrokenCatalogue: it is not one.
    """
    try:
        tree = json.loads(gzip.decompress(path.read_bytes()))
        rows: Rows = tree["models"]
        if tree["schema"] != _MODELS_SCHEMA or not isinstance(rows, Mapping):
            raise BrokenCatalogue(f"{path}: schema {tree['schema']!r}")
    except (
        OSError,
        EOFError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
        zlib.error,
    ) as error:
        raise BrokenCatalogue(f"{path}: {error}") from error
    return rows


def _json(tree: object, indent: int | None = None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(tree, ensure_ascii=False, indent=indent, separators=separators)
    return (text + "\n").encode()
