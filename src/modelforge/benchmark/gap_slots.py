"""Gaps between tokens by the time they were reported in, however long a run is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelforge.stats.histogram import LogHistogram

_MOST = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class GapSlot:
    """The gaps of some seconds; ``end_ns`` is when the last was reported, None where not said."""

    end_ns: int | None
    gaps: LogHistogram


class GapSlots:
    """At most 64 slots of equally many reports: once there are more, neighbours are merged.

    That is what the error of a quantile over all gaps is learnt from: gaps of one second are
    alike, and no gap's own moment is kept.
    """

    def __init__(self) -> None:
        self._slots: list[GapSlot] = []
        self._reports = 0
        self._each = 1

    def add(self, gaps: LogHistogram, *, at_ns: int | None) -> None:
        """One report's gaps, in the order of reports."""
        if not gaps.count:
            return
        if self._reports % self._each == 0:
            self._slots.append(GapSlot(end_ns=at_ns, gaps=gaps))
        else:
            self._slots[-1] = _joined(self._slots[-1], GapSlot(end_ns=at_ns, gaps=gaps))
        self._reports += 1
        if len(self._slots) > _MOST:
            self._slots = [
                _joined(*self._slots[place : place + 2]) for place in range(0, _MOST + 1, 2)
            ]
            self._each *= 2
            self._reports = self._each * (len(self._slots) - 1) + 1  # the last has begun

    def build(self) -> tuple[GapSlot, ...]:
        """The slots so far."""
        return tuple(self._slots)


def all_gaps(slots: Sequence[GapSlot]) -> LogHistogram:
    """The gaps of all slots together."""
    together = LogHistogram()
    for slot in slots:
        together += slot.gaps
    return together


def _joined(first: GapSlot, *others: GapSlot) -> GapSlot:
    for other in others:
        ends = [end for end in (first.end_ns, other.end_ns) if end is not None]
        first = GapSlot(end_ns=max(ends, default=None), gaps=first.gaps + other.gaps)
    return first
