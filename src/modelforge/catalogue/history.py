"""Prices by date: what a model cost then."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from modelforge.catalogue.overlay import HistoryRow, history_rows
from modelforge.core.model_id import ModelId

HISTORY_FILE: Final = Path(__file__).parent / "data" / "history.json.gz"


class History:
    """The dated prices of many models; a row is decoded when its model is asked for.

    ``rows`` are by ``provider/model``, as ``scripts/build_history.py`` writes them; ``dated`` is
    the day until which changes are recorded.
    """

    def __init__(
        self, rows: Mapping[str, Sequence[Mapping[str, Any]]], *, dated: date = date.min
    ) -> None:
        self.dated = dated
        self._rows = rows

    def of(self, id_: ModelId) -> list[HistoryRow]:
        """The dated prices of a model, the earliest first; none where no change is recorded."""
        name = str(id_)
        rows = self._rows.get(name)
        return [] if rows is None else history_rows(name, rows)

    def names(self, provider: str) -> frozenset[str]:
        """The names of a provider's models that have a history."""
        return self._names.get(provider, frozenset())

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name in self._rows:
            provider, _, model = name.partition("/")
            found.setdefault(provider, set()).add(model)
        return {provider: frozenset(models) for provider, models in found.items()}


@cache
def load_history(path: Path = HISTORY_FILE) -> History:
    """The history in the package."""
    tree = json.loads(gzip.decompress(path.read_bytes()))
    return History(tree["models"], dated=date.fromisoformat(tree["dated"]))
