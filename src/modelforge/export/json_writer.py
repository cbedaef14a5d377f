"""One JSON document, written as its results arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary
from modelforge.export.json_text import json_text
from modelforge.export.record import to_record, to_summary_record

if TYPE_CHECKING:
    from modelforge.compare.evidence import Evidence

SCHEMA = "modelforge.comparison/1"


class JsonWriter:
    """A `ResultWriter` of one document::

        {"schema": "modelforge.comparison/1", "results": […], "summary": […],
         "statistics": {…}, "complete": true}

    The document is valid once `close` was called, whatever was written before.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = False

    def write(self, result: ComparisonResult) -> None:
        """Add one result, on a line of its own."""
        before = ",\n" if self._begun else _HEAD
        self._begun = True
        self._stream.write(f"{before}    {json_text(to_record(result))}")
        self._stream.flush()

    def close(
        self,
        summaries: Sequence[ModelSummary],
        *,
        complete: bool = True,
        stopped: str | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        """End the results, add the summaries, the statistics, and whether it was complete."""
        head = "\n  ],\n" if self._begun else f"{_HEAD.rstrip()}],\n"
        rows = _array(json_text(to_summary_record(summary)) for summary in summaries)
        state = "true" if complete else "false"
        sure = "null" if evidence is None else json_text(_document(evidence))
        why = "" if stopped is None else f",\n  {json_text({'stopped': stopped})[1:-1]}"
        self._stream.write(
            f'{head}  "summary": {rows},\n  "statistics": {sure},\n  "complete": {state}{why}\n}}\n'
        )
        self._stream.flush()


_HEAD = f'{{\n  "schema": "{SCHEMA}",\n  "results": [\n'


def _array(items: Iterable[str]) -> str:
    lines = ",\n".join(f"    {item}" for item in items)
    return f"[\n{lines}\n  ]" if lines else "[]"


def _document(evidence: Evidence) -> dict[str, Any]:
    from modelforge.export.evidence_record import evidence_document  # noqa: PLC0415 (numpy)

    return evidence_document(evidence)
