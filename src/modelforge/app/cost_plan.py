"""Cost plans as a use case: prices, scenarios and kept analyses brought together."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import platformdirs

from modelforge.app.prices import Prices
from modelforge.app.whole_file import write_whole
from modelforge.catalogue.files import MODELS_FILE, PROVIDERS_FILE
from modelforge.catalogue.history import HISTORY_FILE
from modelforge.catalogue.load import EMBEDDED
from modelforge.catalogue.overlay import OVERLAY_FILE
from modelforge.config.catalogue_layer import refreshed_folder
from modelforge.config.load import Configuration
from modelforge.core.model_id import ModelId
from modelforge.cost.analyzer import CostAnalyzer
from modelforge.pricing.quote import Quote
from modelforge.pricing.tariff import Mode

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
    prices = Prices(configuration, now=now)
    return CostAnalyzer(
        prices.book,
        quotes=_PlanQuotes(prices, configuration),
        store=FileStore(analyses_folder()),
        keep=keep,
        version=prices_version(configuration),
        today=now.date(),
        seed=seed,
    )


class _PlanQuotes:
    """`Prices` for models whose price is configured, and for those that the catalogue does not
    have, of which it knows what was meant; for all others the book itself, which is asked
    thousands of times.
    """

    def __init__(self, prices: Prices, configuration: Configuration) -> None:
        self._prices = prices
        self._configured = set(_configured(configuration))
        self._catalogue = prices.book.catalogue
        self.overlay = prices.book.overlay

    def quote(
        self, id_: ModelId, *, mode: Mode = "standard", as_of: datetime | None = None
    ) -> Quote:
        """The terms of a model."""
        known = id_.model in self._catalogue.names(id_.provider)
        listed = known and id_ not in self._configured
        source = self._prices.book if listed else self._prices
        return source.quote(id_, mode=mode, as_of=as_of)


def _configured(configuration: Configuration) -> dict[ModelId, str]:
    """The models whose price is configured, and that price in words."""
    return {
        ModelId(provider=provider, model=model): repr(rates)
        for provider, settings in configuration.settings.providers.items()
        for model, rates in settings.prices.items()
    }


def prices_version(configuration: Configuration) -> str:
    """A fingerprint of every price that is configured, and of every file that others are from."""
    catalogue = configuration.catalogue
    told = hashlib.sha256(repr(sorted(_configured(configuration).items())).encode())
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
            write_whole(self._path(key), data)
            self._forget()

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    def _forget(self) -> None:
        kept = sorted(self._folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for path in kept[:-_MOST_KEPT]:
            path.unlink(missing_ok=True)
