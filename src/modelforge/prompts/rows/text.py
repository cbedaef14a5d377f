"""Plain text: a prompt a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from modelforge.prompts.decoding import lines
from modelforge.prompts.rows.row import Row


def rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """Each line that is not blank, without its line end (LF or CRLF) and otherwise as it is.

    Raises:
        PromptError: the file is not text, or a line is too long.
    """
    for number, line in enumerate(lines(file, name), start=1):
        if line.strip():
            yield Row(line=number, value=line.removesuffix("\n").removesuffix("\r"))
