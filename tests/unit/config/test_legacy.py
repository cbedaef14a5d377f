"""The earlier command's file: read for keys and addresses, and never in the way."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from modelforge.config.legacy import read_legacy
from modelforge.config.load import Configuration, load_configuration
from modelforge.core.errors import MissingKey
from modelforge.providers.connection import connect

KEY = "sk-planted-legacy"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def _load(folder: Path, tree: Any, **options: Any) -> Configuration:
    path = folder / "xdg" / "model-forge" / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree))
    return load_configuration(folder=folder, environ=options.pop("environ", {}), **options)


def _authorization(configuration: Configuration, environ: dict[str, str]) -> str | None:
    settings = configuration.provider("openai")
    return connect("openai", settings, environ).headers.get("Authorization")


@pytest.mark.parametrize("fields", [{"api_key": KEY}, {"auth_data": {"api_key": f" {KEY}\n"}}])
def test_a_stored_key_is_used_when_no_variable_is_set(tmp_path: Path, fields: Any) -> None:
    configuration = _load(tmp_path, {"providers": {"openai": fields}})
    assert _authorization(configuration, {}) == f"Bearer {KEY}"
    assert _authorization(configuration, {"OPENAI_API_KEY": "sk-env"}) == "Bearer sk-env"


def test_a_stored_key_is_shown_nowhere(tmp_path: Path) -> None:
    configuration = _load(tmp_path, {"providers": {"openai": {"api_key": KEY}}})
    settings = configuration.provider("openai")
    for shown in (configuration, settings, asdict(settings), connect("openai", settings, {})):
        assert KEY not in repr(shown)
    assert connect("openai", settings, {}).redact(f"bad key {KEY}") == "bad key [redacted]"


def test_an_address_is_weaker_than_the_users_file(tmp_path: Path) -> None:
    tree = {"providers": {"mine": {"base_url": "http://old/v1/"}}}
    configuration = _load(tmp_path, tree)
    assert configuration.provider("mine").base_url == "http://old/v1"
    assert configuration.origin("mine").endswith("config.json")
    user = tmp_path / "xdg" / "modelforge" / "modelforge.toml"
    user.parent.mkdir()
    user.write_text('[providers.mine]\nbase_url = "http://new/v1"\n')
    assert _load(tmp_path, tree).provider("mine").base_url == "http://new/v1"


def test_addresses_of_other_protocols_are_left_alone(tmp_path: Path) -> None:
    tree = {"providers": {"ollama": {"llm_type": "ollama", "base_url": "http://127.0.0.1:11434"}}}
    assert _load(tmp_path, tree).provider("ollama").base_url == "http://127.0.0.1:11434/v1"


@pytest.mark.parametrize(
    "tree",
    [
        "",
        "[",
        "[" * 100_000,
        "[]",
        {"providers": []},
        {"providers": {"openai": 3, "a b": {"base_url": "http://a/v1", "api_key": KEY}}},
        {"providers": {"openai": {"base_url": "ftp://a", "api_key": ["x"], "auth_data": "y"}}},
        {"current_model": {"provider": "openai"}},
    ],
)
def test_no_other_shape_is_in_the_way(tmp_path: Path, tree: Any) -> None:
    configuration = _load(tmp_path, tree)
    assert configuration.provider("openai").base_url == "https://api.openai.com/v1"
    with pytest.raises(MissingKey):
        _authorization(configuration, {})


def test_an_explicit_file_is_read_instead(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("")
    tree = {"providers": {"openai": {"api_key": KEY}}}
    with pytest.raises(MissingKey):
        _authorization(_load(tmp_path, tree, file=other), {})


def test_a_file_without_end_is_not_read_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.symlink_to("/dev/zero")
    assert read_legacy(path) is None
