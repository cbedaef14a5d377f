"""What every streaming export can do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary

if TYPE_CHECKING:
    from modelforge.compare.evidence import Evidence


class ResultWriter(Protocol):
    """Writes results one by one and keeps none of them.

    A writer is given an open text stream, which it never closes. The stream must carry UTF-8 and
    leave line ends alone: ``open(path, "w", encoding="utf-8", newline="")``. Nothing is written
    before the first call, and what the stream raises is passed on.
    """

    def write(self, result: ComparisonResult) -> None:
        """Add one result, in whatever order results arrive, and flush it to the stream."""
        ...

    def close(
        self,
        summaries: Sequence[ModelSummary],
        *,
        complete: bool = True,
        stopped: str | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        """Finish the document and flush the stream; call it once, also after an interruption.

        ``complete`` is False when the comparison was stopped before its last result; ``stopped``
        says why, where it stopped by itself. ``evidence`` is how sure it all is, for formats that
        have a place for it.
        """
        ...
