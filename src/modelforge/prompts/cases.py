"""Cases made of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import BinaryIO

from modelforge.core.errors import PromptError
from modelforge.core.prompt import Case
from modelforge.prompts.assembly import Assembly
from modelforge.prompts.input_file import InputFile
from modelforge.prompts.rows.row import Row
from modelforge.prompts.source import CaseSource

RowReader = Callable[[BinaryIO, str], Iterator[Row]]
"""Reads the rows of a file in one format; the text is what messages call the file."""


class OneCase(CaseSource):
    """The case of a row that is already here."""

    def __init__(self, row: Row, assembly: Assembly) -> None:
        self._row = row
        self._assembly = assembly

    @property
    def description(self) -> str:
        return self._assembly.name

    def __iter__(self) -> Iterator[Case]:
        yield self._assembly.case(self._row, 0)

    def close(self) -> None:
        """Nothing is held."""


class FileCases(CaseSource):
    """The cases of a file, at most ``limit`` of them; the file is closed with them."""

    def __init__(
        self, file: InputFile, read: RowReader, assembly: Assembly, limit: int | None
    ) -> None:
        self._file = file
        self._read = read
        self._assembly = assembly
        self._limit = limit

    @property
    def description(self) -> str:
        return self._assembly.name

    def __iter__(self) -> Iterator[Case]:
        empty = True
        with closing(self._file.reader()) as reader:
            rows = self._read(reader, self._file.name)
            for index, row in enumerate(islice(rows, self._limit)):
                empty = False
                yield self._assembly.case(row, index)
        if empty:
            raise PromptError(f"{self.description}: there is no prompt in it")

    def close(self) -> None:
        self._file.close()
