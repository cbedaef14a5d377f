"""What was recorded from one moment to another, and leaves as a batch."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark.columns import NULL, of_numbers, of_words
from modelforge.benchmark.record import RECORD
from modelforge.stats.histogram import LogHistogram

_LATE_NS: Final = 1_000_000  # what was sent less late than this was sent in time
_WIDE: Final = ("index", "due_ns", "sent_ns", "first_ns", "last_ns", "done_ns", "max_gap_ns")
_SLIM: Final = (
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "counted_tokens",
    "counted_reasoning_tokens",
    "bytes",
    "status",
    "phase",
    "reused",
)
_NULLABLE: Final = frozenset({"first_ns", "last_ns", "max_gap_ns", *_SLIM[:4]})
_MOMENTS: Final = frozenset({"due_ns", "sent_ns", "first_ns", "last_ns", "done_ns"})

_numbers = partial(array, "q")
_small_numbers = partial(array, "i")


@dataclass(kw_only=True, slots=True)
class Taken:
    """Exchanges that are over, in rows of numbers.

    Attributes:
        worker: whose they are.
        start_ns: the run's start on the monotonic clock; moments are told relative to it.
        wide, slim: the values of `RECORD`'s columns, row after row, by their width.
        errors: of each row, its place in ``kinds``.
        gaps: nanoseconds between tokens.
        reasoning_gaps: those of them that end where reasoning came before all else.
        late_ns: how late each measured request was sent that reached the server, but for the time
            in which a connection was opened for it.
    """

    worker: int
    start_ns: int = 0
    wide: array[int] = field(default_factory=_numbers)
    slim: array[int] = field(default_factory=_small_numbers)
    errors: array[int] = field(default_factory=_small_numbers)
    kinds: dict[str, int] = field(default_factory=dict)
    gaps: LogHistogram = field(default_factory=LogHistogram)
    reasoning_gaps: LogHistogram = field(default_factory=LogHistogram)
    late_ns: array[int] = field(default_factory=_numbers)

    def __len__(self) -> int:
        """How many exchanges there are."""
        return len(self.errors)

    def columns(self) -> Iterator[pa.Array[Any]]:
        """The columns of `RECORD`, made one after the other: each takes some tens of microseconds,
        and all of them more than a segment should wait for.
        """
        rows = len(self)
        wide = np.frombuffer(self.wide, np.int64).reshape(rows, len(_WIDE))
        slim = np.frombuffer(self.slim, np.int32).reshape(rows, len(_SLIM))
        values: dict[str, NDArray[Any]] = {name: wide[:, at] for at, name in enumerate(_WIDE)}
        values |= {name: slim[:, at] for at, name in enumerate(_SLIM)}
        values["worker"] = np.full(rows, self.worker)
        for column in RECORD:
            if column.name == "error":
                yield of_words(np.frombuffer(self.errors, np.int32), list(self.kinds))
            else:
                yield self._column(column, values[column.name])

    def send_lag_ms(self) -> LogHistogram:
        """How late the requests were sent; less than 1 ms is none."""
        late_ns = np.frombuffer(self.late_ns, np.int64)
        return LogHistogram.of(np.where(late_ns < _LATE_NS, 0, late_ns) / 1e6)

    def _column(self, column: pa.Field[Any], values: NDArray[Any]) -> pa.Array[Any]:
        null = values == NULL if column.name in _NULLABLE else None
        if column.name in _MOMENTS:
            values = values - self.start_ns
        return of_numbers(values, column, null=null)
