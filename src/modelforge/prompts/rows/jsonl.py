"""JSON Lines: a JSON value a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from modelforge.core.errors import PromptError
from modelforge.prompts.decoding import lines
from modelforge.prompts.rows.json_value import DECODER, refusal
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import place


def rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """The value of each line that is not blank.

    Raises:
        PromptError: the file is not text, or a line is too long or not JSON.
    """
    for number, line in enumerate(lines(file, name), start=1):
        if not line.strip():
            continue
        if line.lstrip().startswith("["):
            raise PromptError(
                f"{place(name, number)}: a row is text or an object, not a list; "
                "a file that is one JSON list is read with --prompts-format json"
            )
        try:
            value = DECODER.decode(line.removesuffix("\n"))
        except (ValueError, RecursionError) as error:
            column = error.colno if isinstance(error, json.JSONDecodeError) else None
            raise PromptError(f"{place(name, number, column)}: {refusal(error)}") from None
        yield Row(line=number, value=value)
