"""What one request took, for all requests of a kind at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark.columns import NULL, is_valid, whole_numbers, words
from modelforge.benchmark.recording import keep
from modelforge.benchmark.rows import Rows, blocks
from modelforge.benchmark.slo import Slo
from modelforge.core.errors import EmptySample
from modelforge.stats.long_series import LongSeries

_NS_PER_MS: Final = 1e6
_MS_PER_S: Final = 1e3
HELD: Final = 1 << 16
"""Of more requests than that no whole column is in memory: each look at them is by pieces."""
_OF_GAPS: Final = frozenset({"itl", "max_itl", "tpot"})


class Measures:
    """The measures of the chosen rows of a recording, computed when asked and not kept.

    Args:
        columns: a table in `modelforge.benchmark.record.RECORD`.
        rows: which of its rows.
        let_go: see `modelforge.benchmark.recording.Recording`.
        start: the first row of ``columns`` that ``rows`` speaks of.
    """

    def __init__(
        self,
        columns: pa.Table,
        rows: NDArray[np.bool_] | Rows,
        let_go: Callable[[], None] = keep,
        *,
        start: int = 0,
    ) -> None:
        self._let_go = let_go
        self._columns = columns
        self._start = start
        self._rows = rows if isinstance(rows, Rows) else Rows(rows)
        self.count = self._rows.count

    @property
    def long(self) -> bool:
        """Whether there are too many to have a column of them in memory."""
        return self._rows.size > HELD

    @property
    def size(self) -> int:
        """The rows that were chosen among."""
        return self._rows.size

    def between(self, start: int, stop: int) -> Measures:
        """Those of the chosen that are from row ``start`` to ``stop``."""
        rows = self._rows.between(start, stop)
        return Measures(self._columns, rows, self._let_go, start=self._start + start)

    def parts(self) -> Iterator[Measures]:
        """All of them, so many at a time as fit into memory; what is short is one part."""
        if not self.long:
            yield self
            return
        for start, stop in blocks(self.size):
            yield self.between(start, stop)

    def values(self, of: Callable[[Measures], NDArray[np.float64]]) -> Values:
        """What is known of a measure, in any order, to be looked at as a whole."""
        if not self.long:
            return known(of(self))
        return long_series(lambda: (known(of(part)) for part in self.parts()))

    def column(self, name: str) -> NDArray[np.int64]:
        """A column of whole numbers; null is -1."""
        values = whole_numbers(self._piece(name))
        self._let_go()
        return self._chosen(values)

    def succeeded(self) -> NDArray[np.bool_]:
        """Which of them have no error."""
        found = ~is_valid(self._piece("error"))
        self._let_go()
        return self._chosen(found)

    def errors(self) -> dict[str, int]:
        """Failures by kind, the most frequent first. Each batch has words of its own."""
        found: Counter[str] = Counter()
        start = 0
        for chunk in self._piece("error").chunks:
            end = start + len(chunk)
            if chunk.null_count < len(chunk):
                codes, kinds = words(chunk)
                codes = codes[self._rows.between(start, end)]
                counts = np.bincount(codes[codes != NULL], minlength=len(kinds)).tolist()
                found.update({kind: n for kind, n in zip(kinds, counts, strict=True) if n})
            start = end
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def _piece(self, name: str) -> pa.ChunkedArray[Any]:
        return self._columns[name].slice(self._start, self.size)

    def _chosen(self, values: NDArray[Any]) -> NDArray[Any]:
        whole = self.count == self.size
        return values if whole else values[self._rows.between(0, self.size)]

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

    def reasoning_tokens(self) -> NDArray[np.int64]:
        """Those of them that are reasoning: by the server's usage, or counted where it says nothing
        and some came; null is -1.
        """
        tokens = self.column("reasoning_tokens")
        counted = self.column("counted_reasoning_tokens")
        return np.where((tokens == NULL) & (counted > 0), counted, tokens)

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
        """A measure by its name in `Slo`, or one of two more; NaN where a request has none."""
        return _MEASURES[name](self)


def known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``values`` without NaN."""
    unknown = np.isnan(values)
    return values[~unknown] if unknown.any() else values


Values = NDArray[np.float64] | LongSeries
"""Numbers that are held where they are few."""


def long_series(
    parts: Callable[[], Iterable[NDArray[np.float64]]],
    *,
    weights: Callable[[], Iterable[NDArray[np.int32]]] | None = None,
) -> Values:
    """The series of ``parts``; an array where they hold few values, as after many failures, unless
    these are weighted, and an empty one where they hold nothing.
    """
    try:
        series = LongSeries(parts, weights=weights)
    except EmptySample:
        return np.empty(0)
    return series.held() if weights is None and series.size <= HELD else series


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
    "stream_speed": Measures.stream_speed,
}
