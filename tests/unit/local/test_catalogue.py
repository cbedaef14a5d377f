"""The known models."""

from __future__ import annotations

import pytest

from modelforge.core.errors import UnknownLocalModel
from modelforge.local.catalogue import KNOWN_MODELS, known_model


def test_each_model_is_known_by_its_name() -> None:
    assert set(KNOWN_MODELS) == {"smollm2-135m", "gemma-3-270m"}
    for name, model in KNOWN_MODELS.items():
        assert known_model(name) is model
        assert model.download_bytes == sum(wheel.size_bytes for wheel in model.wheels)


def test_every_wheel_is_pinned_and_hashed() -> None:
    for model in KNOWN_MODELS.values():
        digests = [model.gguf_sha256, *(wheel.sha256 for wheel in model.wheels)]
        assert len(set(digests)) == len(digests)
        assert all(len(digest) == 64 for digest in digests)
        assert all("==" in wheel.requirement for wheel in model.wheels)


def test_the_base_model_is_described_as_one() -> None:
    assert "base model" in known_model("gemma-3-270m").description
    assert "template" in known_model("gemma-3-270m").description


@pytest.mark.parametrize("slip", ["smollm2", "SmolLM2-135M", "gemma-270m"])
def test_a_slip_gets_a_suggestion(slip: str) -> None:
    meant = "smollm2-135m" if "smol" in slip.lower() else "gemma-3-270m"
    with pytest.raises(UnknownLocalModel, match=f"did you mean {meant}"):
        known_model(slip)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UnknownLocalModel) as raised:
        known_model("gpt-4o")
    assert "did you mean" not in str(raised.value)
    assert "smollm2-135m, gemma-3-270m" in str(raised.value)
    assert "./model.gguf" in str(raised.value)
