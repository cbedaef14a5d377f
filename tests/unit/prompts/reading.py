"""What the tests of prompts do over and over: write a file, read its cases, be refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from modelforge.core.errors import PromptError
from modelforge.core.prompt import Case
from modelforge.prompts.open import open_prompts
from modelforge.prompts.source import validate
from modelforge.prompts.spec import PromptSpec


def cases(*, stdin: bytes = b"", **options: Any) -> list[Case]:
    """The cases of these options, validated first, as the command line does it."""
    with open_prompts(PromptSpec(**options), stdin=io.BytesIO(stdin)) as source:
        count = validate(source)
        found = list(source)
    assert len(found) == count
    assert [case.index for case in found] == list(range(count))
    return found


def texts(*, stdin: bytes = b"", **options: Any) -> list[str]:
    """The text to answer of each case."""
    return [case.prompt.text for case in cases(stdin=stdin, **options)]


def refusal(*, stdin: bytes = b"", **options: Any) -> str:
    """Why these options are refused: one line that any terminal can show."""
    with pytest.raises(PromptError) as caught:
        cases(stdin=stdin, **options)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 1000
    return message


class Folder:
    """A folder of prompt files, which messages call by their bare names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, content: str | bytes) -> str:
        """Write a file; its name relative to the folder, which is the working directory."""
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)
        return name

    def texts(self, name: str, content: str | bytes, **options: Any) -> list[str]:
        return texts(prompts=self.write(name, content), **options)

    def cases(self, name: str, content: str | bytes, **options: Any) -> list[Case]:
        return cases(prompts=self.write(name, content), **options)

    def refusal(self, name: str, content: str | bytes, **options: Any) -> str:
        return refusal(prompts=self.write(name, content), **options)
