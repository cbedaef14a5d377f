"""Requests in the order they were sent in, which is not that of their records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.measures import Measures, Values, known, long_series
from modelforge.benchmark.spool import Spool
from modelforge.stats.long_series import LongSeries

_BLOCK: Final = 1 << 13
"""Rows of which the first and the last moment of sending are noted together."""
_WINDOW: Final = 1 << 15
"""Requests that are put in order at a time, about."""
_SAMPLED: Final = 1 << 16
"""Moments of sending by which windows of about as many requests are found."""
_EVER: Final = 1 << 62

_Of = Callable[[Measures], NDArray[np.float64]]


class SentOrder:
    """Puts measures of ``requests`` in the order of sending.

    Of a long recording each look at a measure goes through windows of the time of sending, one
    after the other. Records are nearly in that order, so that a window is in few blocks of rows.
    """

    def __init__(self, requests: Measures) -> None:
        self._requests = requests
        self._order: NDArray[np.intp] | None = None
        self._series: dict[str, LongSeries] = {}
        self._windows: list[_Window] = []
        self._orders = Spool(np.uint32)
        if requests.long:
            self._windows = list(_windows(requests))
        else:
            sent = requests.column("sent_ns")
            if (sent[1:] < sent[:-1]).any():
                self._order = np.argsort(sent, kind="stable")

    def measure(self, name: str) -> Values:
        """`values` of a measure by its name; a long series remembers what was found in it."""
        if name in self._series:
            return self._series[name]
        found = self.values(lambda requests: requests.ms(name))
        if isinstance(found, LongSeries):
            self._series[name] = found
        return found

    def values(self, of: _Of) -> Values:
        """What is known of a measure, in order."""
        if self._windows:
            return long_series(lambda: self._parts(of))
        values = of(self._requests)
        return known(values if self._order is None else values[self._order])

    def _parts(self, of: _Of) -> Iterator[NDArray[np.float64]]:
        for window in self._windows:
            parts = [self._requests.between(*span) for span in window.spans]
            yield known(np.concatenate([of(part) for part in parts])[self._order_of(window, parts)])

    def _order_of(self, window: _Window, parts: Sequence[Measures]) -> NDArray[np.uint32]:
        if window.order is None:
            order = window.ordered([part.column("sent_ns") for part in parts])
            window.order = (self._orders.size, self._orders.size + order.size)
            self._orders.add(order)
        return self._orders.read(*window.order)


@dataclass(slots=True)
class _Window:
    """A span of time, the rows that its requests are among, and their order once it is known.

    Attributes:
        order: where in the spool of orders its own stands.
    """

    start_ns: int
    end_ns: int
    spans: list[tuple[int, int]]
    order: tuple[int, int] | None = None

    def ordered(self, columns: Sequence[NDArray[np.int64]]) -> NDArray[np.intp]:
        """Where those that were sent in it stand in the column ``sent_ns`` of its rows."""
        sent = np.concatenate(columns)
        inside = np.flatnonzero((sent >= self.start_ns) & (sent < self.end_ns))
        return inside[np.argsort(sent[inside], kind="stable")]


def _windows(requests: Measures) -> Iterator[_Window]:
    """Spans of time of about as many requests each, and the rows that those lie in."""
    starts = np.arange(0, requests.size, _BLOCK)
    lows = np.full(starts.size, np.iinfo(np.int64).max)
    highs = np.full(starts.size, np.iinfo(np.int64).min)
    sampled = []
    every = -(-requests.count // _SAMPLED)
    for block, start in enumerate(starts.tolist()):
        sent = requests.between(start, min(start + _BLOCK, requests.size)).column("sent_ns")
        if sent.size:
            lows[block], highs[block] = sent.min(), sent.max()
            sampled.append(sent[::every].copy())
    sample = np.sort(np.concatenate(sampled)) if sampled else np.empty(0, dtype=np.int64)
    count = -(-requests.count // _WINDOW)
    edges = np.unique(sample[np.arange(1, count) * sample.size // count]).tolist() if count else []
    for start_ns, end_ns in zip([-_EVER, *edges], [*edges, _EVER], strict=True):
        held = np.flatnonzero((lows < end_ns) & (highs >= start_ns))
        runs = np.split(held, np.flatnonzero(np.diff(held) > 1) + 1)
        spans = [
            (int(run[0]) * _BLOCK, min((int(run[-1]) + 1) * _BLOCK, requests.size))
            for run in runs
            if run.size
        ]
        if spans:
            yield _Window(start_ns, end_ns, spans)
