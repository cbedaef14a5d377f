"""What stands for a local model in the cache."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from modelforge.local.catalogue import KNOWN_MODELS
from modelforge.local.identity import weights_identity
from modelforge.local.model_file import ModelFile


def test_a_file_is_known_by_its_path_its_size_and_its_time(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF1")
    model = ModelFile(name="m", path=path)
    first = weights_identity(model)
    assert weights_identity(model) == first
    os.utime(path, ns=(1, 1))
    touched = weights_identity(model)
    path.write_bytes(b"GGUF22")
    os.utime(path, ns=(1, 1))
    grown = weights_identity(model)
    path.unlink()
    assert len({first, touched, grown, weights_identity(model)}) == 4


def test_a_known_model_is_known_by_its_digest_wherever_it_is(tmp_path: Path) -> None:
    known = KNOWN_MODELS["smollm2-135m"]
    name = f"{known.gguf_sha256[:16]}.gguf"
    here, there = (
        ModelFile(name=known.name, path=tmp_path / folder / name) for folder in ("a", "b")
    )
    assert weights_identity(here) == weights_identity(there)
    other = ModelFile(name=known.name, path=tmp_path / "other.gguf")
    assert weights_identity(other) != weights_identity(here)


def test_how_it_is_served_counts(tmp_path: Path) -> None:
    model = ModelFile(name="m", path=tmp_path / "m.gguf")
    variants = [
        model,
        replace(model, chat_template="x"),
        replace(model, stop=("x",)),
        replace(model, max_tokens=5),
        replace(model, temperature=0.0),
    ]
    assert len({weights_identity(variant) for variant in variants}) == len(variants)
