"""Cost plans as a use case: prices, scenarios and kept analyses brought together."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import platformdirs

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.files import MODELS_FILE, PROVIDERS_FILE
from modelforge.catalogue.history import HISTORY_FILE
from modelforge.catalogue.load import EMBEDDED
from modelforge.catalogue.overlay import OVERLAY_FILE
from modelforge.catalogue.price_book import PriceBook
from modelforge.config.catalogue_layer import refreshed_folder
from modelforge.config.load import Configuration
from modelforge.core.model_id import ModelId
from modelforge.cost.analyzer import CostAnalyzer

FOLDER_VARIABLE: Final = "MODELFORGE_ANALYSES"
"""Where analyses are kept; by default in this platform's cache folder."""

_MOST_KEPT: Final = 200


def open_analyzer(
    configuration: Configuration, *, seed: int = 0, keep: bool = True
) -> CostAnalyzer:
    """An analyzer of today's prices.

    Args:
        keep: keep analyses on disk for the next time.
    """
    now = datetime.now(UTC)
    catalogue = configuration.catalogue
    store = FileStore(analyses_folder()) if keep else None
    return CostAnalyzer(
        PriceBook(catalogue=catalogue, now=now),
        store=store,
        version=prices_version(catalogue),
        today=now.date(),
        seed=seed,
    )


def prices_version(catalogue: Catalogue) -> str:
    """A fingerprint of every file that prices are read from."""
    told = hashlib.sha256()
    refreshed = refreshed_folder()
    folder = EMBEDDED if catalogue.origin == "embedded" or refreshed is None else refreshed
    for path in (
        *(folder / MODELS_FILE, folder / PROVIDERS_FILE),
        *(OVERLAY_FILE, HISTORY_FILE),
    ):
        with suppress(OSError):
            told.update(path.read_bytes())
    return told.hexdigest()[:16]


def analyses_folder() -> Path:
    """Where analyses are kept."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else platformdirs.user_cache_path("modelforge") / "analyses"


def parse_ids(names: Sequence[str]) -> list[ModelId]:
    """Models as they are written on a command line.

    Raises:
        InvalidModelId: one is not ``provider/model``.
    """
    return [ModelId.parse(name) for name in names]


class FileStore:
    """Analyses in files, the newest 200; what cannot be kept is worked out again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """What was put there last."""
        try:
            return self._path(key).read_bytes()
        except OSError:
            return None

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data``: whole or not at all."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(data)
            Path(file.name).replace(self._path(key))
            self._forget()

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    def _forget(self) -> None:
        kept = sorted(self._folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_MOST_KEPT]:
            path.unlink(missing_ok=True)
