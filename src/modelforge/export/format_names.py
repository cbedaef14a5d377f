"""The names of the export formats, and the suffixes that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FORMAT_NAMES: Final = ("json", "jsonl", "csv", "markdown")

FORMAT_OF_SUFFIX: Final[Mapping[str, str]] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".md": "markdown",
    ".markdown": "markdown",
}
