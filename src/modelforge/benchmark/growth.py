"""Whether requests waited longer and longer: what a server shows that falls behind its load."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_PARTS: Final = 12
_SETTLING: Final = 3  # of these parts: the queue fills up to its usual length
_LEAST_EACH: Final = 3
_USED: Final = _PARTS - _SETTLING
_SURE: Final = 3.5
"""Student's t of seven degrees of freedom: one steady run in 200 looks as if it grew."""

_Waits = tuple[NDArray[np.float64], NDArray[np.float64]]
"""When requests were due, seconds, and their waits, milliseconds; NaN where there was no token."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """The trend of the wait from due to the first token, over when requests were due.

    Attributes:
        ms_per_s: milliseconds more, a second.
        error_ms_per_s: its standard error.
        duration_s: how long the load lasted.
    """

    ms_per_s: float
    error_ms_per_s: float
    duration_s: float

    @property
    def score(self) -> float:
        """How many standard errors it lies above none."""
        if self.error_ms_per_s:
            return self.ms_per_s / self.error_ms_per_s
        return math.copysign(math.inf, self.ms_per_s) if self.ms_per_s else 0.0

    @property
    def total_ms(self) -> float:
        """By how much the wait grew from the beginning to the end."""
        return self.ms_per_s * self.duration_s

    def beyond(self, least_ms: float) -> bool:
        """Whether it surely grew, and by ``least_ms`` or more in all."""
        return self.score >= _SURE and self.total_ms >= least_ms


def growth_of(again: Callable[[], Iterable[_Waits]]) -> Growth | None:
    """The growth of requests by when they were due and how long they waited; None: too few to tell.

    A line through the means of nine parts of the time, which follow three in which the queue may
    fill up. Requests of one queue are late together; the means of parts are nearly independent
    wherever the queue forgets within a part, and where it does not it is about to grow.

    Args:
        again: gives all of them, in parts and in any order, each time it is called.
    """
    size, start_s, end_s = 0, math.inf, -math.inf
    for due_s, _ in _known(again()):
        size += due_s.size
        start_s, end_s = min(start_s, float(due_s.min())), max(end_s, float(due_s.max()))
    if size < _PARTS * _LEAST_EACH or end_s <= start_s:
        return None
    width_s = (end_s - start_s) / _PARTS
    counts, waits, dues = np.zeros(_PARTS, np.int64), np.zeros(_PARTS), np.zeros(_PARTS)
    for due_s, wait_ms in _known(again()):
        part = np.minimum(((due_s - start_s) / width_s).astype(np.int64), _PARTS - 1)
        counts += np.bincount(part, minlength=_PARTS)
        waits += np.bincount(part, weights=wait_ms, minlength=_PARTS)
        dues += np.bincount(part, weights=due_s - start_s, minlength=_PARTS)
    counts = counts[_SETTLING:]
    if counts.min() < _LEAST_EACH:
        return None
    means, at_s = waits[_SETTLING:] / counts, dues[_SETTLING:] / counts
    at_s -= at_s.mean()
    spread = float(at_s @ at_s)
    slope = float(at_s @ means) / spread
    rest = means - means.mean() - slope * at_s
    variance = float(rest @ rest) / (_USED - 2)
    return Growth(
        ms_per_s=slope,
        error_ms_per_s=math.sqrt(variance / spread),
        duration_s=end_s - start_s,
    )


def _known(parts: Iterable[_Waits]) -> Iterator[_Waits]:
    for due_s, wait_ms in parts:
        known = ~np.isnan(wait_ms)
        if known.any():
            yield due_s[known], wait_ms[known]
