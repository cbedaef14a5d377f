"""CSV that a spreadsheet reads as data and never as a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary
from modelforge.export.record import FIELDS, to_record
from modelforge.export.terminal_text import show_controls, well_formed

if TYPE_CHECKING:
    from modelforge.compare.evidence import Evidence

_UNSEEN = r"\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_FULL_WIDTH = r"\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"""['"{_UNSEEN}]*[=+\-@{_FULL_WIDTH}]|['"]*[\t\r\n]""")


class CsvWriter:
    """A `ResultWriter` of RFC 4180: a header, then one row a result; CRLF, quotes doubled.

    Unknown is an empty cell. There is no row for the summaries, nor for completeness.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rows = csv.writer(stream, dialect="excel")
        self._begun = False

    def write(self, result: ComparisonResult) -> None:
        """Write one row, after the header if it is the first."""
        self._begin()
        record = to_record(result)
        self._rows.writerow([_cell(name, record[name]) for name in FIELDS])
        self._stream.flush()

    def close(
        self,
        summaries: Sequence[ModelSummary],  # noqa: ARG002 (this and the rest: not of the format)
        *,
        complete: bool = True,  # noqa: ARG002 (as above)
        stopped: str | None = None,  # noqa: ARG002 (as above)
        evidence: Evidence | None = None,  # noqa: ARG002 (as above)
    ) -> None:
        """Flush; the header is there even when no result was."""
        self._begin()
        self._stream.flush()

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._rows.writerow(FIELDS)


def guarded(text: str) -> str:
    """``text`` as a cell that no spreadsheet evaluates (OWASP, CSV Injection).

    An apostrophe goes before text that starts, after white space and quotes, with ``=``, ``+``,
    ``-`` or ``@`` (or their full-width forms), or with a tab or a line end. Exactly the cells that
    begin with an apostrophe before such a start were guarded, so the guard can be taken off again.
    Controls but tab and line ends are shown as on a terminal; unpaired surrogates are U+FFFD.
    """
    text = show_controls(well_formed(text))
    return f"'{text}" if _FORMULA.match(text) else text


def _cell(name: str, value: Any) -> Any:
    """A cell: what we counted ourselves stays a number, what others wrote is guarded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str) or name == "cost_usd":
        return value
    return guarded(value)
