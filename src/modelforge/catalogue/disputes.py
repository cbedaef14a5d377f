"""Where other price lists say something else: a range is then shown, not one figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from modelforge.core.model_id import ModelId
from modelforge.pricing.quote import OtherPrice

DISPUTES_FILE: Final = Path(__file__).parent / "data" / "disputes.json"


class Disputes:
    """What other lists say of the models on which they differ from the catalogue.

    ``rows`` are by ``provider/model``, as ``scripts/compare_prices.py`` writes them:
    ``[[component, ours, theirs, source], …]``.
    """

    def __init__(self, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        self._rows = rows

    def of(self, id_: ModelId) -> tuple[OtherPrice, ...]:
        """What others list for a model; nothing where they agree, or do not list it."""
        return tuple(
            OtherPrice(component=component, ours=Decimal(ours), rate=Decimal(rate), source=source)
            for component, ours, rate, source in self._rows.get(str(id_), ())
        )


@cache
def load_disputes(path: Path = DISPUTES_FILE) -> Disputes:
    """The disputes in the package."""
    return Disputes(json.loads(path.read_bytes())["models"])
