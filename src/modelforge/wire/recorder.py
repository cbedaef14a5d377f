"""Keeps what was measured in columns until it leaves as a batch."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from modelforge.benchmark.columns import NULL, of_numbers, of_words
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.record import RECORD
from modelforge.stats.histogram import LogHistogram
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Reading

_GAPS_AT_ONCE: Final = 4096  # counted in a fraction of a millisecond: the loop does not wait longer
_MOST: Final = 2**31 - 1
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


def _known(tokens: int | None) -> int:
    """A count of the server's; one that no answer can have says nothing."""
    return NULL if tokens is None or tokens > _MOST else tokens


class Recorder:
    """Takes exchanges as they end.

    Attributes:
        start_ns: the run's start on the monotonic clock; records are relative to it.
        ends_ns: when the measurement ends; None: with its last request.
    """

    def __init__(self, worker: int) -> None:
        self.start_ns = 0
        self.ends_ns: int | None = None
        self._worker = worker
        self._wide = array("q")
        self._slim = array("i")
        self._errors = array("i")  # each a place in ``_kinds``
        self._kinds: dict[str, int] = {}
        self._gaps = array("q")
        self._reasoning_gaps = array("q")
        self._no_gaps = 0
        self._histogram = LogHistogram()
        self._reasoning = LogHistogram()
        self._late = array("q")
        self.batch()  # what pyarrow loads at its first batch, it shall not load while it matters

    def __len__(self) -> int:
        """How many exchanges are held."""
        return len(self._errors)

    def add(self, exchange: Exchange, reading: Reading, *, done_ns: int, received: int) -> None:
        """Take an exchange that is over."""
        moments_ns, usage, error = reading.moments_ns, reading.usage, reading.error
        phase = exchange.phase
        if phase is Phase.MEASURED and self.ends_ns is not None and done_ns > self.ends_ns:
            phase = Phase.COOL_DOWN
        first_ns = last_ns = longest_ns = NULL
        if moments_ns:
            first_ns, last_ns = moments_ns[0], moments_ns[-1]
            counted = error is None and phase is not Phase.WARM_UP
            if len(moments_ns) > 1:
                gaps = [later - earlier for earlier, later in pairwise(moments_ns)]
                longest_ns = max(gaps)
                if counted:
                    self._gaps.extend(gaps)
                    if reading.reasoning_moments > 1:
                        self._reasoning_gaps.extend(gaps[: reading.reasoning_moments - 1])
            elif reading.tokens > 1:
                longest_ns = 0
            if counted:
                self._no_gaps += reading.tokens - len(moments_ns)
        due_ns, sent_ns = exchange.due_ns, exchange.sent_ns
        self._keep_lag(exchange, reading)
        self._wide.extend((exchange.index, due_ns, sent_ns, first_ns, last_ns, done_ns, longest_ns))
        row = (
            _known(usage.prompt_tokens),
            _known(usage.completion_tokens),
            _known(usage.cached_tokens),
            _known(usage.reasoning_tokens),
            reading.tokens,
            reading.reasoning_tokens,
            received,
            reading.status,
            phase,
            exchange.reused,
        )
        try:
            self._slim.extend(row)
        except OverflowError:
            del self._slim[len(self._errors) * len(_SLIM) :]
            self._slim.extend(min(value, _MOST) for value in row)
        self._errors.append(
            NULL if error is None else self._kinds.setdefault(error.kind, len(self._kinds))
        )
        if len(self._gaps) >= _GAPS_AT_ONCE:
            self._count_gaps()

    def _keep_lag(self, exchange: Exchange, reading: Reading) -> None:
        if exchange.phase is not Phase.WARM_UP and (reading.error is None or reading.status):
            self._late.append((exchange.opening_ns or exchange.sent_ns) - exchange.due_ns)

    def batch(self) -> tuple[pa.RecordBatch, LogHistogram]:
        """What was taken since the last batch, and the gaps between its tokens in nanoseconds."""
        self._count_gaps()
        rows = len(self._errors)
        wide = np.frombuffer(self._wide, np.int64).reshape(rows, len(_WIDE))
        slim = np.frombuffer(self._slim, np.int32).reshape(rows, len(_SLIM))
        values: dict[str, NDArray[Any]] = {name: wide[:, at] for at, name in enumerate(_WIDE)}
        values |= {name: slim[:, at] for at, name in enumerate(_SLIM)}
        values["worker"] = np.full(rows, self._worker)
        columns = [self._column(field, values) for field in RECORD]
        batch = pa.RecordBatch.from_arrays(columns, schema=RECORD)
        histogram = self._histogram
        self._wide, self._slim, self._errors = array("q"), array("i"), array("i")
        self._kinds = {}
        self._histogram = LogHistogram()
        return batch, histogram

    def send_lag_ms(self) -> LogHistogram:
        """How late the measured requests since the last call were sent that reached the server, but
        for the time in which a connection was opened for them; less than 1 ms is none.
        """
        late_ns, self._late = np.frombuffer(self._late, np.int64), array("q")
        return LogHistogram.of(np.where(late_ns < _LATE_NS, 0, late_ns) / 1e6)

    def reasoning_gaps(self) -> LogHistogram | None:
        """Those of the gaps since the last call that end where reasoning came before all else."""
        self._count_gaps()
        histogram, self._reasoning = self._reasoning, LogHistogram()
        return histogram if histogram.count else None

    def _column(self, field: pa.Field[Any], values: dict[str, NDArray[Any]]) -> pa.Array[Any]:
        name = field.name
        if name == "error":
            return of_words(np.frombuffer(self._errors, np.int32), list(self._kinds))
        column = values[name]
        null = column == NULL if name in _NULLABLE else None
        if name in _MOMENTS:
            column = column - self.start_ns
        return of_numbers(column, field, null=null)

    def _count_gaps(self) -> None:
        if self._gaps:
            self._histogram.add(np.frombuffer(self._gaps, np.int64))
            self._gaps = array("q")
        if self._reasoning_gaps:
            self._reasoning.add(np.frombuffer(self._reasoning_gaps, np.int64))
            self._reasoning_gaps = array("q")
        if self._no_gaps:
            self._histogram.add_zeros(self._no_gaps)
            self._no_gaps = 0
