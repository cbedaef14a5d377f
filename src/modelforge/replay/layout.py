"""How a recording lies in its file: JSON Lines, a JSON list, or a JSON export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from modelforge.core.errors import UsageError
from modelforge.prompts.decoding import chunks, lines
from modelforge.prompts.input_file import InputFile
from modelforge.prompts.rows import json_list
from modelforge.prompts.rows.json_value import DECODER, refusal
from modelforge.prompts.wording import place

DOCUMENT_LIMIT: Final = 2**30
"""The most bytes of a JSON list or export, which is held in memory; JSON Lines may be longer."""

_RESULTS: Final = "results"
_BOM: Final = b"\xef\xbb\xbf"


class Layout(Enum):
    """``LINES`` is read an answer at a time, the others as a whole."""

    LINES = "JSON Lines"
    LIST = "a JSON list"
    EXPORT = "a JSON export"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedRow:
    """A JSON value, where messages say it is, and the bytes of its line if it has its own."""

    value: Any
    where: str
    offset: int = 0
    size: int = 0


def layout_of(file: InputFile) -> Layout:
    """How the file begins.

    Raises:
        UsageError: it is empty, or not text.
    """
    with closing(file.reader()) as reader:
        begun = (piece.lstrip() for piece in chunks(reader, file.name))
        first = next((piece[0] for piece in begun if piece), None)
    if first is None:
        raise UsageError(f"{file.name}: it is empty: there is no recorded answer in it")
    if first == "[":
        return Layout.LIST
    if first != "{" or file.name.endswith((".jsonl", ".ndjson")):
        return Layout.LINES
    with closing(file.reader()) as reader:
        line = next(line for line in lines(reader, file.name) if line.strip())
    try:
        value = DECODER.decode(line.strip())
    except (ValueError, RecursionError):
        return Layout.EXPORT  # an object of many lines
    return Layout.EXPORT if isinstance(value.get(_RESULTS), list) else Layout.LINES


def rows_of(file: InputFile, layout: Layout) -> Iterator[RecordedRow]:
    """The rows of the file, in order.

    Raises:
        UsageError: it is not what its beginning promised, too long, or cannot be read.
    """
    if layout is Layout.LINES:
        return _lines(file)
    if file.size > DOCUMENT_LIMIT:
        raise UsageError(
            f"{file.name}: longer than {DOCUMENT_LIMIT} bytes, the most that {layout.value} may "
            "be; as JSON Lines, an object a line, it can be of any length"
        )
    return _list(file) if layout is Layout.LIST else _export(file)


def decoded(line: str, name: str, number: int | None = None) -> Any:
    """The JSON value of a line.

    Raises:
        UsageError: it is not JSON.
    """
    try:
        return DECODER.decode(line.strip())
    except (ValueError, RecursionError) as error:
        where = name if number is None else place(name, number)
        raise UsageError(f"{where}: {refusal(error)}") from None


def _lines(file: InputFile) -> Iterator[RecordedRow]:
    offset = len(_BOM) if file.read_at(0, len(_BOM)) == _BOM else 0
    with closing(file.reader()) as reader:
        for number, line in enumerate(lines(reader, file.name), start=1):
            size = len(line.encode())
            if line.strip():
                yield RecordedRow(
                    value=decoded(line, file.name, number),
                    where=place(file.name, number),
                    offset=offset,
                    size=size,
                )
            offset += size


def _list(file: InputFile) -> Iterator[RecordedRow]:
    with closing(file.reader()) as reader:
        for row in json_list.rows(reader, file.name):
            where = file.name if row.line is None else place(file.name, row.line)
            yield RecordedRow(value=row.value, where=where)


def _export(file: InputFile) -> Iterator[RecordedRow]:
    with closing(file.reader()) as reader:
        text = "".join(chunks(reader, file.name))
    try:
        document = DECODER.decode(text.strip())
    except json.JSONDecodeError as error:
        line = error.lineno + text[: len(text) - len(text.lstrip())].count("\n")
        raise UsageError(f"{place(file.name, line, error.colno)}: {refusal(error)}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file.name}: {refusal(error)}") from None
    results = document.get(_RESULTS)
    if not isinstance(results, list):
        raise UsageError(
            f"{file.name}: an object without a list {_RESULTS!r}: a recording is a JSON export of "
            "compare, a JSON list of objects, or an object a line"
        )
    for number, value in enumerate(results, start=1):
        yield RecordedRow(value=value, where=f"{file.name}, result {number}")
