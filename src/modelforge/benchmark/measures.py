"""What one request took, for all requests of a kind at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark import columns
from modelforge.benchmark.columns import NULL
from modelforge.benchmark.recording import keep
from modelforge.benchmark.slo import Slo

_NS_PER_MS: Final = 1e6
_MS_PER_S: Final = 1e3
_OF_GAPS: Final = frozenset({"itl", "max_itl", "tpot"})


class Measures:
    """The measures of the chosen rows of a recording, computed when asked and not kept.

    Args:
        columns: a table in `modelforge.benchmark.record.RECORD`.
        rows: which of its rows.
        let_go: see `modelforge.benchmark.recording.Recording`.
    """

    def __init__(
        self, columns: pa.Table, rows: NDArray[np.bool_], let_go: Callable[[], None] = keep
    ) -> None:
        self._let_go = let_go
        self._columns = columns
        self._rows = rows
        self._all = bool(rows.all())
        self.count = int(np.count_nonzero(rows))

    def column(self, name: str) -> NDArray[np.int64]:
        """A column of whole numbers; null is -1."""
        values = whole_numbers(self._columns[name])
        self._let_go()
        return values if self._all else values[self._rows]

    def between_ms(self, start: str, end: str) -> NDArray[np.float64]:
        """From one moment to another, milliseconds; NaN where the other is null."""
        ends = self.column(end)
        took = np.subtract(ends, self.column(start), dtype=np.float64)  # exact below 2**53 ns
        took /= _NS_PER_MS
        took[ends == NULL] = np.nan
        return took

    def tokens(self) -> NDArray[np.int32]:
        """The completion's tokens: by the server's usage, or counted where it says nothing."""
        tokens = self.column("completion_tokens").astype(np.int32)  # a copy, to be changed
        unknown = tokens == NULL
        if unknown.any():
            tokens[unknown] = self.column("counted_tokens").astype(np.int32)[unknown]
        return tokens

    def stream_speed(self) -> NDArray[np.float64]:
        """Each request's tokens a second, sent to last token; NaN where a request has none."""
        took = self.between_ms("sent_ns", "last_ns")
        tokens = self.tokens()
        usable = (took > 0) & (tokens > 0)
        took[~usable] = np.nan
        np.divide(tokens, took, out=took, where=usable)
        took *= _MS_PER_S
        return took

    def ms(self, name: str) -> NDArray[np.float64]:
        """A measure by its name in `Slo`, or ``schedule_lag``; NaN where a request has none."""
        return _MEASURES[name](self)


def whole_numbers(column: pa.ChunkedArray[Any]) -> NDArray[np.int64]:
    """A column of whole numbers, in one piece; null is -1.

    Put together here, since Arrow's allocator would keep the room for itself afterwards.
    """
    pieces = [columns.whole_numbers(chunk) for chunk in column.chunks]
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``values`` without NaN."""
    unknown = np.isnan(values)
    return values[~unknown] if unknown.any() else values


def met(slo: Slo, measures: Measures) -> NDArray[np.bool_]:
    """Which of the requests, all successful, met every limit of ``slo``."""
    good = np.ones(measures.count, dtype=np.bool_)
    for name, limit in slo.limits_ms():
        values = measures.ms(name)
        within = values <= limit
        if name in _OF_GAPS:
            within |= np.isnan(values)
        good &= within
    return good


def _each(measures: Measures, pieces: NDArray[np.int32]) -> NDArray[np.float64]:
    """First to last token over the gaps between so many pieces; NaN of fewer than two."""
    took = measures.between_ms("first_ns", "last_ns")
    several = pieces > 1
    took[~several] = np.nan
    np.divide(took, pieces - 1, out=took, where=several)
    return took


def _longest_gap(measures: Measures) -> NDArray[np.float64]:
    gaps = measures.column("max_gap_ns")
    took = gaps / _NS_PER_MS
    took[gaps == NULL] = np.nan
    return took


_MEASURES: Final[dict[str, Callable[[Measures], NDArray[np.float64]]]] = {
    "ttft": lambda m: m.between_ms("sent_ns", "first_ns"),
    "ttft_from_due": lambda m: m.between_ms("due_ns", "first_ns"),
    "e2e": lambda m: m.between_ms("sent_ns", "done_ns"),
    "e2e_from_due": lambda m: m.between_ms("due_ns", "done_ns"),
    "schedule_lag": lambda m: m.between_ms("due_ns", "sent_ns"),
    "itl": lambda m: _each(m, m.column("counted_tokens").astype(np.int32)),
    "max_itl": _longest_gap,
    "tpot": lambda m: _each(m, m.tokens()),
}
