"""Rows of any file, read as prompt files are: with their limits and their refusals."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelforge.core.errors import PromptError, ScenarioError
from modelforge.prompts.decoding import whole
from modelforge.prompts.input_file import InputFile
from modelforge.prompts.rows import csv_table, json_list, jsonl, yaml_list
from modelforge.prompts.rows.json_value import DECODER, refusal
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import plain

if TYPE_CHECKING:
    from modelforge.prompts.cases import RowReader

_READERS: Final[dict[str, RowReader]] = {
    ".yaml": yaml_list.rows,
    ".yml": yaml_list.rows,
    ".json": json_list.rows,
    ".jsonl": jsonl.rows,
    ".ndjson": jsonl.rows,
    ".csv": csv_table.comma_rows,
    ".tsv": csv_table.tab_rows,
}


def read_rows(path: Path, *, largest: int, what: str) -> list[Row]:
    """Every row of a file; its suffix names the format.

    Raises:
        ScenarioError: it cannot be read, is larger than ``largest`` bytes, or is not what its
            suffix says.
    """
    name = plain(str(path))
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise ScenarioError(f"{name}: the suffix of {what} is one of {', '.join(_READERS)}")
    try:
        with closing(_opened(path, largest, what)) as file, file.reader() as reader:
            return list(read(reader, file.name))
    except PromptError as error:
        raise ScenarioError(str(error)) from None


def read_document(path: Path, *, largest: int, what: str) -> Any:
    """The one JSON value that a file is.

    Raises:
        ScenarioError: as `read_rows`.
    """
    try:
        with closing(_opened(path, largest, what)) as file, file.reader() as reader:
            text = whole(reader, file.name)
    except PromptError as error:
        raise ScenarioError(str(error)) from None
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise ScenarioError(f"{plain(str(path))}: {refusal(error)}") from None


def _opened(path: Path, largest: int, what: str) -> InputFile:
    file = InputFile.open(str(path))
    if file.size > largest:
        size, file_name = file.size, file.name
        file.close()
        raise ScenarioError(
            f"{file_name}: {size / 2**20:,.0f} MiB, and {what} has at most {largest / 2**20:,.0f}"
        )
    return file
