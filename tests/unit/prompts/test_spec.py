"""What contradicts itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelforge.core.errors import PromptError
from modelforge.prompts.spec import PromptSpec


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "no prompt: give one with --prompt, or a file of them with --prompts"),
        ({"system": "s"}, "no prompt: give one with --prompt, or a file of them with --prompts"),
        ({"prompt": "a", "prompts": "b"}, "--prompt and --prompts exclude each other: one prompt"),
        ({"prompts": ""}, "--prompts names no file"),
        ({"prompt": "a", "variables": {"b": "c"}}, "--var fills in a template: give one with"),
        ({"prompt": "a", "format": "csv"}, "--prompts-format is about a file of prompts: name"),
        ({"template": "a", "prompt_field": "q"}, "--prompt-field is about a file of prompts: na"),
        ({"prompt": "a", "id_field": "q"}, "--id-field is about a file of prompts: name one with"),
        ({"prompts": "a", "format": "\x1b"}, r"--prompts-format '\x1b' is not one of text, jsonl,"),
        ({"prompts": "a", "limit": 0}, "--limit 0 leaves no prompt: it must be at least 1"),
        ({"prompts": "a", "limit": -1}, "--limit -1 leaves no prompt: it must be at least 1"),
    ],
)
def test_contradictions_are_refused_by_the_names_of_the_options(
    options: dict[str, Any], reason: str
) -> None:
    with pytest.raises(PromptError) as caught:
        PromptSpec(**options)
    assert str(caught.value).startswith(reason)


def test_defaults_that_are_spelled_out_contradict_nothing() -> None:
    PromptSpec(prompt="a", prompt_field="prompt", id_field="id", variables={}, limit=1)
    PromptSpec(prompts=Path("a.csv"), format="csv")
