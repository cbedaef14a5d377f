"""CSV and TSV: a header, then a row of texts a record."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from modelforge.core.errors import PromptError
from modelforge.prompts.decoding import lines, too_long
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import place, plain, quoted


def comma_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """The records after the header of a comma-separated file (RFC 4180), by the header's names.

    Raises:
        PromptError: the file is not text, a quote is misplaced, a record is too long or has not
            as many fields as the header, or two columns have one name.
    """
    return _rows(file, name, ",")


def tab_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """The same, of a tab-separated file."""
    return _rows(file, name, "\t")


def _rows(file: BinaryIO, name: str, delimiter: str) -> Iterator[Row]:
    records = _records(file, name, delimiter)
    _, header = next(records, (0, []))
    for position, column in enumerate(header):
        if column in header[:position]:
            raise PromptError(f"{name}: the header has two columns named {quoted(column)}")
    for line, values in records:
        if len(values) != len(header):
            raise PromptError(_ragged(place(name, line), values, header))
        yield Row(line=line, value=dict(zip(header, values, strict=True)))


def _ragged(where: str, values: Sequence[str], header: Sequence[str]) -> str:
    count = "1 field" if len(values) == 1 else f"{len(values)} fields"
    return (
        f"{where}: {count}, but the header has {len(header)}; "
        "a field that holds the delimiter or a line end must stand in double quotes"
    )


def _records(file: BinaryIO, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not blank, and the line that each starts on."""
    # The limit is the process's: it is only ever raised, and _Lines holds to ROW_LIMIT itself.
    csv.field_size_limit(max(csv.field_size_limit(), ROW_LIMIT))
    feed = _Lines(file, name)
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        line = feed.start_record()
        try:
            values = next(reader, None)
        except csv.Error as error:
            raise PromptError(f"{place(name, line)}: not CSV: {_reason(error)}") from None
        if values is None:
            return
        if values:
            yield line, values


def _reason(error: csv.Error) -> str:
    said = str(error)
    if said.startswith("new-line character"):
        return "a carriage return stands outside of quotes"
    if said == "unexpected end of data":
        return "a quote is not closed"
    return plain(said)


class _Lines:
    """The lines of a file, counted, and the length of the record that they make."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._lines = lines(file, name)
        self._name = name
        self._number = 0
        self._start = 1
        self._characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._characters += len(line)
        if self._characters > ROW_LIMIT:
            raise too_long(place(self._name, self._start))
        return line

    def start_record(self) -> int:
        """Count the length of a record from here; the number of its first line."""
        self._characters = 0
        self._start = self._number + 1
        return self._start
