"""Analyses on disk, and what prices are named by."""

from __future__ import annotations

import os
from pathlib import Path

from modelforge.app.cost_plan import FileStore, open_analyzer, prices_version
from modelforge.config.load import load_configuration
from modelforge.core.model_id import ModelId
from modelforge.cost.scenario import CostScenario


def test_what_is_put_is_got_and_only_the_newest_are_kept(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "new" / "folder")
    assert store.get("a") is None
    for number in range(205):
        store.put(f"key {number}", f"{number}".encode())
        made = tmp_path / "new" / "folder"
        for path in made.glob("*.npz"):
            if path.read_bytes() == f"{number}".encode():
                os.utime(path, (number, number))
    assert store.get("key 204") == b"204"
    assert store.get("key 0") is None
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 200


def test_a_folder_that_cannot_be_written_costs_time_alone(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    store = FileStore(file / "below")
    store.put("a", b"1")
    assert store.get("a") is None


def test_configured_prices_are_prices_and_change_their_name(tmp_path: Path) -> None:
    file = tmp_path / "modelforge.toml"
    scenario = CostScenario("a", 1, 1_000_000, 0, 1)
    found = []
    for usd in ("7", "8"):
        file.write_text(f'[providers.openai.prices."gpt-4o"]\ninput = "{usd}"\noutput = "1"\n')
        configuration = load_configuration(file=file, environ={})
        analyzer = open_analyzer(configuration, keep=False)
        gpt = ModelId(provider="openai", model="gpt-4o")
        mini = ModelId(provider="openai", model="gpt-4o-mini")
        bills = analyzer.analyse(scenario, [gpt, mini]).totals.usd
        found.append((prices_version(configuration), float(bills[0]), float(bills[1])))
    (first, seven, mini_then), (second, eight, mini_now) = found
    assert first != second
    assert (round(seven, 9), round(eight, 9)) == (7, 8)
    assert mini_then == mini_now


def test_a_name_that_nothing_has_is_answered_with_what_was_meant() -> None:
    analyzer = open_analyzer(load_configuration(environ={}), keep=False)
    names = [ModelId.parse(name) for name in ("openai/gpt-4oo", "local/smollm2-135m")]
    verdicts = analyzer.analyse(CostScenario("a", 1, 1000, 10, 1), names).totals.verdicts
    assert verdicts[0].reasons == (
        "openai/gpt-4oo is not in the catalogue of 2026-08-18; did you mean gpt-4o?",
    )
    assert verdicts[1].reasons == ("runs on this machine",)
