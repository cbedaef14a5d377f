"""Keeps what was measured, row by row, until it is taken."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Final

import numpy as np

from modelforge.benchmark.columns import NULL
from modelforge.benchmark.phase import Phase
from modelforge.wire.exchange import Exchange
from modelforge.wire.reading import Reading
from modelforge.wire.taken import Taken

_GAPS_AT_ONCE: Final = 4096  # counted in a fraction of a millisecond: the loop does not wait longer
_MOST: Final = 2**31 - 1


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
        self._taken = Taken(worker=worker)
        self._gaps = array("q")
        self._reasoning_gaps = array("q")
        self._no_gaps = 0
        list(self._taken.columns())  # what loads at a first batch shall not load while it matters

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
        taken = self._taken
        taken.wide.extend((exchange.index, due_ns, sent_ns, first_ns, last_ns, done_ns, longest_ns))
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
            taken.slim.extend(row)
        except OverflowError:
            del taken.slim[len(taken) * len(row) :]
            taken.slim.extend(min(value, _MOST) for value in row)
        kinds = taken.kinds
        taken.errors.append(NULL if error is None else kinds.setdefault(error.kind, len(kinds)))
        if len(self._gaps) >= _GAPS_AT_ONCE:
            self._count_gaps()

    def _keep_lag(self, exchange: Exchange, reading: Reading) -> None:
        if exchange.phase is not Phase.WARM_UP and (reading.error is None or reading.status):
            self._taken.late_ns.append((exchange.opening_ns or exchange.sent_ns) - exchange.due_ns)

    def take(self) -> Taken:
        """What was added since the last time."""
        self._count_gaps()
        taken, self._taken = self._taken, Taken(worker=self._worker)
        taken.start_ns = self.start_ns
        return taken

    def _count_gaps(self) -> None:
        if self._gaps:
            self._taken.gaps.add(np.frombuffer(self._gaps, np.int64))
            self._gaps = array("q")
        if self._reasoning_gaps:
            self._taken.reasoning_gaps.add(np.frombuffer(self._reasoning_gaps, np.int64))
            self._reasoning_gaps = array("q")
        if self._no_gaps:
            self._taken.gaps.add_zeros(self._no_gaps)
            self._no_gaps = 0
