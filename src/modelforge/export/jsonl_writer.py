"""JSON Lines: one result a line, there as soon as it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary
from modelforge.export.json_text import json_text
from modelforge.export.record import to_record

if TYPE_CHECKING:
    from modelforge.compare.evidence import Evidence


class JsonlWriter:
    """A `ResultWriter` of one JSON object a line, flushed line by line.

    Every line is a result: summaries and completeness are not part of the format, and a file cut
    short by a crash is good up to its last whole line.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, result: ComparisonResult) -> None:
        """Write one line and flush it."""
        self._stream.write(f"{json_text(to_record(result))}\n")
        self._stream.flush()

    def close(
        self,
        summaries: Sequence[ModelSummary],  # noqa: ARG002 (this and the rest: not of the format)
        *,
        complete: bool = True,  # noqa: ARG002 (as above)
        stopped: str | None = None,  # noqa: ARG002 (as above)
        evidence: Evidence | None = None,  # noqa: ARG002 (as above)
    ) -> None:
        """Flush: every line is already there."""
        self._stream.flush()
