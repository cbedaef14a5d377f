"""GGUF files by path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelforge.core.errors import UnknownLocalModel
from modelforge.local.model_file import ModelFile, model_file, names_a_file

NOBODY = 65534


@pytest.mark.parametrize(
    "name", ["./my.gguf", "/abs/x.gguf", "~/x.gguf", "sub/x.gguf", "x.gguf", "sub/x"]
)
def test_a_path_names_a_file(name: str) -> None:
    assert names_a_file(name)


@pytest.mark.parametrize("name", ["smollm2-135m", "gguf", "x.gguf2"])
def test_other_names_do_not(name: str) -> None:
    assert not names_a_file(name)


def test_a_file_is_found_from_the_working_directory_and_from_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF and more")
    expected = ModelFile(name="mine", path=file)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert model_file("./mine.gguf") == expected
    assert model_file("~/mine.gguf") == expected
    assert model_file(str(file)) == expected


def test_a_link_and_its_target_are_one_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF")
    link = tmp_path / "other.gguf"
    link.symlink_to(file)

    assert model_file(str(link)) == model_file(str(file))


def test_what_cannot_be_used_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "text.gguf").write_text("hello")
    (tmp_path / "empty.gguf").touch()
    os.mkfifo(tmp_path / "pipe.gguf")
    (tmp_path / "loop.gguf").symlink_to(tmp_path / "loop.gguf")
    reasons = {
        "missing.gguf": "No such file",
        "text.gguf": "not a GGUF file",
        "empty.gguf": "not a GGUF file",
        ".": "not a GGUF file",
        "pipe.gguf": "not a GGUF file",
        "loop.gguf": "cannot use",
        "nul\0.gguf": "null",
    }
    for name, reason in reasons.items():
        with pytest.raises(UnknownLocalModel, match=reason) as raised:
            model_file(f"{tmp_path}/{name}")
        assert "\n" not in str(raised.value)


def test_an_unreadable_file_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF")
    file.chmod(0)
    user = os.geteuid()
    if user == 0:
        # Nothing is unreadable to root.
        os.seteuid(NOBODY)
    try:
        with pytest.raises(UnknownLocalModel, match="Permission denied"):
            model_file(str(file))
    finally:
        os.seteuid(user)
