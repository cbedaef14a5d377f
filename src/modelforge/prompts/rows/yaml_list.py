"""YAML: a list, or several documents, read a row at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import yaml
from yaml.reader import Reader

from modelforge.core.errors import PromptError
from modelforge.prompts.decoding import chunks, too_long
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.rows.row import Row
from modelforge.prompts.rows.yaml_documents import Documents
from modelforge.prompts.wording import place, plain

_Parser: type[yaml.CSafeLoader | yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """The items of the list, or the documents that are not blank.

    Raises:
        PromptError: the file is not text, not YAML, or neither a list nor several documents; a row
            is too long, also when its aliases are replaced by what they stand for; a tag asks for
            more than JSON's kinds of values; an object has a field twice.
    """
    stream = _Stream(file, name)
    try:
        parser = _Parser(stream)
        try:
            for row in Documents(parser).rows():
                stream.start_row()
                yield row
        finally:
            parser.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = place(name, mark.line + 1, mark.column + 1) if mark else name
        raise PromptError(
            f"{where}: not usable YAML: {plain(error.problem or str(error))}"
        ) from None


class _Stream:
    """The text of a file for a parser: printable, and no more at a time than a row may hold."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._chunks = chunks(file, name)
        self._name = name
        self._lines = 1
        self._row_characters = 0

    def start_row(self) -> None:
        """Measure a new row."""
        self._row_characters = 0

    def read(self, _size: int = -1, /) -> str:
        """The next piece of whatever size; empty at the end."""
        text = next(self._chunks, "")
        if unprintable := Reader.NON_PRINTABLE.search(text):
            line = self._lines + text.count("\n", 0, unprintable.start())
            raise PromptError(
                f"{place(self._name, line)}: not usable YAML: the character "
                f"{unprintable.group()!a} must be written as an escape in double quotes"
            )
        self._lines += text.count("\n")
        self._row_characters += len(text)
        if self._row_characters > ROW_LIMIT + len(text):
            raise too_long(place(self._name, self._lines))
        return text
