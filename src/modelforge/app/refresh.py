"""The catalogue fetched anew: checked row by row, and what changed told."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.changes import Changes, changes
from modelforge.catalogue.files import MODELS_FILE, PROVIDERS_FILE, encode_catalogue, read_rows
from modelforge.catalogue.load import load_catalogue
from modelforge.catalogue.source import Refusal, Source, read_source
from modelforge.core.address import http_url
from modelforge.core.errors import ConfigError, MalformedResponse, ModelForgeError, RequestError
from modelforge.providers.documents import Document, fetch_document
from modelforge.providers.sessions import HttpSessions

DEFAULT_URL: Final = "https://models.dev"
URL_VARIABLE: Final = "MODELFORGE_CATALOGUE_URL"
TIMEOUT_S: Final = 60.0

PREVIOUS: Final = "previous"
"""The folder, inside of a refreshed catalogue's, of the one before it."""

_STATE_FILE: Final = "fetched.json"
_ADVICE: Final = f"check the network, or name a mirror in {URL_VARIABLE}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refreshed:
    """What a refresh came to.

    Attributes:
        changed: None when the source has not changed since the last refresh.
        refused: rows that were not taken; the others stand.
    """

    catalogue: Catalogue
    changed: Changes | None
    refused: tuple[Refusal, ...] = ()


async def refresh(folder: Path, *, base_url: str, today: date) -> Refreshed:
    """Fetch ``{base_url}/api.json`` and keep it in ``folder``; on failure what was there stays.

    What it takes the place of is kept in the folder ``previous`` inside of it.

    Raises:
        ConfigError: ``base_url`` is not the address of a server.
        RequestError: it cannot be had, or is not a catalogue.
        ModelForgeError: it cannot be kept.
    """
    url = f"{_mirror(base_url)}/api.json"
    before = load_catalogue(folder)
    etag = _kept_etag(folder, url) if before.origin == "refreshed" else None
    try:
        async with HttpSessions() as sessions:
            document = await fetch_document(
                sessions.to(url), url, etag=etag, timeout_s=TIMEOUT_S, advice=_ADVICE
            )
    except RequestError as error:
        error.args = (f"{error}; the catalogue of {before.dated} stays in use",)
        raise
    if document.body is None:
        _keep(folder, {PROVIDERS_FILE: _dated(folder / PROVIDERS_FILE, today)})
        return Refreshed(catalogue=load_catalogue(folder), changed=None)
    source = _read(document, url)
    files = encode_catalogue(today, source.providers, source.models)
    known = before.models()
    state = json.dumps({"url": url, "etag": document.etag}).encode()
    if replaced := _files(folder):
        _keep(folder / PREVIOUS, replaced)
    # The providers' file last: its change is what makes the new catalogue seen.
    _keep(
        folder,
        {MODELS_FILE: files.models, _STATE_FILE: state, PROVIDERS_FILE: files.providers},
    )
    return Refreshed(
        catalogue=load_catalogue(folder),
        changed=changes(known, source.models),
        refused=source.refused,
    )


def _mirror(base_url: str) -> str:
    try:
        return http_url(base_url)
    except ValueError as error:
        raise ConfigError(f"{URL_VARIABLE}: the address of the catalogue {error}") from None


def _read(document: Document, url: str) -> Source:
    try:
        source = read_source(document.body or b"")
    except ValueError as error:
        kind = f" but {document.content_type}" if "html" in document.content_type else ""
        raise MalformedResponse(
            f"{url} is not a catalogue{kind}: {error}; the catalogue in use is unchanged"
        ) from None
    if len(source.models) <= len(source.refused):
        named = "".join(f" ({row.row}: {row.reason})" for row in source.refused[:1])
        raise MalformedResponse(
            f"{url} is not a catalogue: {len(source.models)} models can be read and "
            f"{len(source.refused)} cannot{named}; the catalogue in use is unchanged"
        )
    return source


def _kept_etag(folder: Path, url: str) -> str | None:
    """What names the document that is kept; None when what was made of it cannot be read."""
    try:
        read_rows(folder / MODELS_FILE)
        state = json.loads((folder / _STATE_FILE).read_bytes())
        etag = state["etag"] if state["url"] == url else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return etag if isinstance(etag, str) and etag.isprintable() else None


def _dated(path: Path, today: date) -> bytes:
    """The file of providers, said to be of ``today``: its source still says the same."""
    tree = json.loads(path.read_bytes())
    return (json.dumps({**tree, "dated": today.isoformat()}, ensure_ascii=False) + "\n").encode()


def _files(folder: Path) -> dict[str, bytes]:
    """The catalogue that is kept in ``folder``; nothing where it is not whole."""
    try:
        return {name: (folder / name).read_bytes() for name in (MODELS_FILE, PROVIDERS_FILE)}
    except OSError:
        return {}


def _keep(folder: Path, files: dict[str, bytes]) -> None:
    """Write each file whole or not at all."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            part = folder / f"{name}.{os.getpid()}.part"
            part.write_bytes(content)
            part.replace(folder / name)
    except OSError as error:
        raise ModelForgeError(
            f"cannot keep the catalogue in {folder}: {error.strerror or error}"
        ) from None
