from __future__ import annotations

import hashlib
import json
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelforge.catalogue.catalogue import Catalogue
from modelforge.catalogue.changes import changes
from modelforge.catalogue.files import (
    MODELS_FILE,
    PROVIDERS_FILE,
    BrokenCatalogue,
    encode_catalogue,
    read_catalogue,
)
from modelforge.catalogue.filters import Filters
from modelforge.catalogue.load import EMBEDDED, load_catalogue
from modelforge.catalogue.source import read_source
from modelforge.core.model_id import ModelId
from tests.unit.catalogue.documents import document, model

DAY = date(2030, 1, 2)


def write(folder: Path, models: dict[str, Any], dated: date = DAY) -> None:
    source = read_source(document(models))
    files = encode_catalogue(dated, source.providers, source.models)
    folder.mkdir(exist_ok=True)
    (folder / MODELS_FILE).write_bytes(files.models)
    (folder / PROVIDERS_FILE).write_bytes(files.providers)


def catalogue(folder: Path, models: dict[str, Any]) -> Catalogue:
    write(folder, models)
    return read_catalogue(folder, origin="refreshed")


def acme(name: str) -> ModelId:
    return ModelId(provider="acme", model=name)


def found(catalogue: Catalogue, **filters: Any) -> list[str]:
    return [found.id.model for found in catalogue.models(Filters(**filters))]


def test_files_hold_everything_and_are_the_same_every_time(tmp_path: Path) -> None:
    tier = {"input": 5, "output": 20, "tier": {"size": 1000}}
    rows = {
        "whole": model(cost={"input": 1.5, "output": 1e-7, "output_audio": 3, "tiers": [tier]}),
        "bare": {},
        "a/b:c@d": model(cost=None, status="beta", structured_output=False),
    }
    source = read_source(document(rows))
    written = catalogue(tmp_path, rows)
    assert written.models() == sorted(source.models, key=lambda found: found.id)
    assert written.provider("acme") == source.providers[0]
    assert encode_catalogue(DAY, source.providers, source.models) == encode_catalogue(
        DAY, reversed(source.providers), reversed(source.models)
    )


def test_a_model_by_id(tmp_path: Path) -> None:
    known = catalogue(tmp_path, {"a/b": model()})
    assert known.model(acme("a/b")) is not None
    assert known.model(acme("a")) is None
    assert known.model(ModelId(provider="other", model="a/b")) is None


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"context": 128_000}, ["cheap", "seer"]),
        ({"max_input_price": Decimal("0.5")}, ["cheap"]),
        ({"max_output_price": Decimal(10)}, ["cheap", "seer"]),
        ({"modalities": ("image",)}, ["seer"]),
        ({"tools": True}, ["cheap", "seer"]),
        ({"reasoning": True}, ["seer"]),
        ({"open_weights": True}, ["cheap"]),
        ({"provider": "acme"}, ["cheap", "seer", "unknown"]),
        ({"provider": "nobody"}, []),
        ({"released_since": "2025-06"}, ["seer"]),
        ({"tools": True, "reasoning": True, "open_weights": True}, []),
    ],
)
def test_what_is_unknown_meets_no_condition(
    tmp_path: Path, filters: dict[str, Any], names: list[str]
) -> None:
    rows = {
        "cheap": model(
            cost={"input": 0.5, "output": 1},
            modalities={"input": ["text"], "output": ["text"]},
            release_date="2024-01-01",
        ),
        "seer": model(reasoning=True, open_weights=False),
        "unknown": {},
    }
    assert found(catalogue(tmp_path, rows), **filters) == names


def test_a_search_puts_the_closest_first(tmp_path: Path) -> None:
    names = ("gpt-4o", "gpt-4o-mini", "x/gpt-4o", "my-gpt-4o-tuned", "old-gpt-4o", "llama")
    rows = {name: model(name=name, family=None) for name in names}
    rows["old-gpt-4o"]["status"] = "deprecated"
    known = catalogue(tmp_path, rows)
    expected = ["gpt-4o", "x/gpt-4o", "gpt-4o-mini", "my-gpt-4o-tuned", "old-gpt-4o"]
    assert found(known, text="gpt-4o") == expected
    assert found(known, text="acme/llama") == ["llama"]
    assert found(known, text="TUNED gpt") == ["my-gpt-4o-tuned"]
    assert found(known, text="nothing") == []


def test_changes(tmp_path: Path) -> None:
    def priced(price: float) -> dict[str, Any]:
        return model(cost={"input": price, "output": 1})

    before = {"same": priced(1), "up": priced(1), "down": priced(9), "free": priced(1)}
    after = {"same": priced(3), "up": priced(3.01), "down": priced(2), "free": priced(0)}
    half, none = (model(cost={"input": 1, "output": 1, "cache_read": rate}) for rate in (0.5, 0))
    changed = changes(
        read_source(
            document({**before, "gone": {}, "late": {}, "quiet": {}, "cached": half})
        ).models,
        read_source(
            document({**after, "new": {}, "late": priced(5), "quiet": priced(0), "cached": none})
        ).models,
    )
    assert (changed.new, changed.gone) == ((acme("new"),), (acme("gone"),))
    assert [move.id.model for move in changed.moved] == ["down", "up"]
    assert [(move.id.model, move.what) for move in changed.now_free] == [
        ("cached", "cache_read"),
        ("free", "input"),
        ("quiet", "input"),  # it had no price, which is not zero
    ]


def test_a_refreshed_catalogue_is_used_while_it_is_the_newer(tmp_path: Path) -> None:
    embedded = load_catalogue()
    assert load_catalogue(tmp_path / "absent") is embedded
    write(tmp_path, {"m": model()})
    assert load_catalogue(tmp_path).origin == "refreshed"
    assert load_catalogue(tmp_path) is load_catalogue(tmp_path)
    write(tmp_path, {"m": model()}, dated=date(2020, 1, 1))
    os.utime(tmp_path / PROVIDERS_FILE, ns=(1, 1))
    assert load_catalogue(tmp_path) is embedded


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"schema": "other"}', b"\xff"])
def test_a_refreshed_catalogue_that_is_broken_is_left_alone(tmp_path: Path, broken: bytes) -> None:
    write(tmp_path, {"m": model()})
    (tmp_path / MODELS_FILE).write_bytes(broken)
    assert len(load_catalogue(tmp_path).models()) > 1000
    (tmp_path / PROVIDERS_FILE).write_bytes(broken)
    assert load_catalogue(tmp_path) is load_catalogue()
    with pytest.raises(BrokenCatalogue):
        read_catalogue(tmp_path, origin="refreshed")


def test_the_embedded_catalogue_is_what_its_record_says() -> None:
    record = json.loads((EMBEDDED / "source.json").read_text())
    for name, digest in record["sha256"].items():
        assert hashlib.sha256((EMBEDDED / name).read_bytes()).hexdigest() == digest
    embedded = load_catalogue()
    assert embedded.dated.isoformat() == record["dated"]
    assert len(embedded.providers) == record["providers"]
    assert len(embedded.models()) == record["models"]
    assert "models.dev" in (EMBEDDED / "LICENSE.models.dev").read_text()


def test_reading_providers_reads_no_models(tmp_path: Path) -> None:
    write(tmp_path, {"m": model()})
    (tmp_path / MODELS_FILE).unlink()
    known = read_catalogue(tmp_path, origin="refreshed")
    assert known.provider("acme") is not None
    assert known.age_days(date(2030, 1, 12)) == 10
    with pytest.raises(BrokenCatalogue):
        known.models()
