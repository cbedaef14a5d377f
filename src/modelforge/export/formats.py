"""The export formats by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TextIO

from modelforge.export.csv_writer import CsvWriter
from modelforge.export.json_writer import JsonWriter
from modelforge.export.jsonl_writer import JsonlWriter
from modelforge.export.markdown_writer import MarkdownWriter
from modelforge.export.writer import ResultWriter

FORMATS: Mapping[str, Callable[[TextIO], ResultWriter]] = MappingProxyType(
    {
        "json": JsonWriter,
        "jsonl": JsonlWriter,
        "csv": CsvWriter,
        "markdown": MarkdownWriter,
    }
)
"""What makes the writer of each format, given the stream to write to."""
