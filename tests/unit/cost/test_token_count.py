from __future__ import annotations

import pytest

from modelforge.core.model_id import ModelId
from modelforge.cost.token_count import count_tokens

TEXT = "Why is the sky blue? Explain it as you would to a child of ten."


@pytest.mark.parametrize(
    ("model", "tokens", "rule"),
    [
        ("openai/gpt-4o", 17, "o200k_base"),
        (
            "openrouter/openai/gpt-4.1-mini",
            17,
            "o200k_base",
        ),  # not cl100k, as its name's start says
        ("openai/o3-mini", 17, "o200k_base"),
        ("groq/openai/gpt-oss-120b", 17, "o200k_base"),
        ("openai/gpt-4-turbo", 17, "cl100k_base"),
        ("openai/text-embedding-3-small", 17, "cl100k_base"),
    ],
)
def test_openai_families_are_counted(model: str, tokens: int, rule: str) -> None:
    found = count_tokens(TEXT, ModelId.parse(model))
    assert (found.tokens, found.exact, found.rule.text) == (tokens, True, f"counted with {rule}")


def test_the_two_tokenizers_differ() -> None:
    chinese = "天空为什么是蓝色的?请像对十岁的孩子那样解释。" * 3
    new, old = (count_tokens(chinese, ModelId.parse(f"openai/{m}")) for m in ("gpt-4o", "gpt-4"))
    assert new.tokens < old.tokens


@pytest.mark.parametrize(
    ("model", "text", "tokens"),
    [
        ("google/gemini-2.5-pro", "a" * 9, 3),
        ("vertex_ai/claude-sonnet-4-5@20250929", "a" * 7, 2),
        ("deepseek/deepseek-chat", "a" * 10 + "天" * 5, 6),
        ("mistral/mistral-large-latest", TEXT, 17),
    ],
)
def test_other_families_are_estimates_and_say_so(model: str, text: str, tokens: int) -> None:
    found = count_tokens(text, ModelId.parse(model))
    assert (found.tokens, found.exact) == (tokens, False)
    assert found.rule.text.startswith("estimate: ")


def test_a_text_without_a_break_ends_soon_and_is_an_estimate() -> None:
    found = count_tokens("a" * 20_000 + " end", ModelId.parse("openai/gpt-4o"))
    assert (found.tokens, found.exact) == (2501, False)
    assert "in parts" in found.rule.text


def test_any_text_is_counted() -> None:
    for text in ("", "\x00<|endoftext|>", "\ud800", "\u202e\U0001f600"):
        assert count_tokens(text, ModelId.parse("openai/gpt-4o")).exact
    assert count_tokens("", ModelId.parse("google/gemini-2.5-pro")).tokens == 0
