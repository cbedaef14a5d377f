from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import InvalidModelId
from modelforge.core.model_id import ModelId


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("openai/gpt-4o", "openai", "gpt-4o"),
        ("openrouter/meta-llama/llama-3.3-70b", "openrouter", "meta-llama/llama-3.3-70b"),
        ("ollama/qwen3:8b", "ollama", "qwen3:8b"),
        ("vertex/claude@20250101", "vertex", "claude@20250101"),
        ("local/./my.gguf", "local", "./my.gguf"),
        ("local//abs/my.gguf", "local", "/abs/my.gguf"),
        ("  openai/gpt-4o\n", "openai", "gpt-4o"),
    ],
)
def test_only_the_first_slash_divides(text: str, provider: str, model: str) -> None:
    assert ModelId.parse(text) == ModelId(provider=provider, model=model)


@pytest.mark.parametrize("text", ["gpt-4o", "", "/gpt-4o", "openai/", "/"])
def test_a_missing_part_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(InvalidModelId, match="provider/model") as refused:
        ModelId.parse(text)
    assert refused.value.exit_code == 2


_part = st.text(st.characters(exclude_categories=["Cs", "Z", "C"]), min_size=1)


@given(_part.filter(lambda text: "/" not in text), _part)
def test_what_is_written_is_read_back(provider: str, model: str) -> None:
    written = ModelId(provider=provider, model=model)
    assert ModelId.parse(str(written)) == written
