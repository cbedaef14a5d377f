"""The door: from what a user names to a source of cases."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import PurePath
from typing import BinaryIO, Final

from modelforge.core.errors import PromptError
from modelforge.prompts.assembly import Assembly
from modelforge.prompts.cases import FileCases, OneCase, RowReader
from modelforge.prompts.input_file import InputFile
from modelforge.prompts.rows import csv_table, json_list, jsonl, text, yaml_list
from modelforge.prompts.rows.row import Row
from modelforge.prompts.source import CaseSource
from modelforge.prompts.spec import PromptSpec
from modelforge.prompts.template import Template
from modelforge.prompts.text_argument import STDIN, STDIN_NAME, TextArgument

_READERS: Final[Mapping[str, RowReader]] = {
    "text": text.rows,
    "jsonl": jsonl.rows,
    "json": json_list.rows,
    "csv": csv_table.comma_rows,
    "tsv": csv_table.tab_rows,
    "yaml": yaml_list.rows,
}
_TABLES: Final[Mapping[str, RowReader]] = {**_READERS, "json": json_list.rows_or_results}
_FORMAT_OF_SUFFIX: Final[Mapping[str, str]] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".yaml": "yaml",
    ".yml": "yaml",
}


def open_prompts(spec: PromptSpec, *, stdin: BinaryIO | None = None) -> CaseSource:
    """Open what ``spec`` names; to be closed, as a file is.

    Nothing of a prompt file is parsed yet: ``validate`` does that. Standard input (``stdin``, by
    default the process's) is read here, to its end, where the spec names it.

    Raises:
        PromptError: a file cannot be opened, or a text or the template cannot be used.
    """
    assembly = _assembly(spec)
    if spec.prompts is not None:
        path = os.fspath(spec.prompts)
        if path == STDIN:
            file, found = InputFile.spool(_stdin(stdin), STDIN_NAME), "text"
        else:
            file, found = InputFile.open(path), _format_of(path)
        read = _READERS[spec.format or found]
        return FileCases(file, read, replace(assembly, name=file.name), spec.limit)
    if spec.prompt is not None:
        prompt = TextArgument.read(spec.prompt, "--prompt", stdin=lambda: _stdin(stdin))
        return OneCase(Row(value=prompt.text), replace(assembly, name=prompt.name))
    return OneCase(Row(value={}), assembly)


@contextmanager
def open_rows(
    path: str, format_: str | None = None, *, stdin: BinaryIO | None = None
) -> Iterator[tuple[Iterator[Row], str]]:
    """The rows of a file that holds no prompts, as they are, and what messages call it.

    The JSON export of a comparison has its results as rows.

    Raises:
        PromptError: it cannot be opened; and while it is read, a row cannot be parsed.
    """
    if path == STDIN:
        file, found = InputFile.spool(_stdin(stdin), STDIN_NAME), "jsonl"
    else:
        file, found = InputFile.open(path), _format_of(path)
    with closing(file), closing(file.reader()) as reader:
        yield _TABLES[format_ or found](reader, file.name), file.name


def _assembly(spec: PromptSpec) -> Assembly:
    name, template = "--template", None
    if spec.template is not None:
        source = TextArgument.read(spec.template, "--template")
        name, template = source.name, Template(source.text, source.name)
    return Assembly(
        name=name,
        template=template,
        variables=dict(spec.variables),
        system=None if spec.system is None else TextArgument.read(spec.system, "--system").text,
        prompt_field=spec.prompt_field,
        id_field=spec.id_field,
        cluster_field=spec.cluster_field,
    )


def _format_of(path: str) -> str:
    return _FORMAT_OF_SUFFIX.get(PurePath(path).suffix.lower(), "text")


def _stdin(given: BinaryIO | None) -> BinaryIO:
    stream = given or getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise PromptError(f"{STDIN_NAME}: there is none; name a file")
    return stream
