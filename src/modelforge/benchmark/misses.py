"""Which requests missed the limits, and when they were due."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelforge.benchmark.measures import Measures, met
from modelforge.benchmark.slo import Slo

_NS_PER_S = 1e9


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Misses:
    """The measured requests by when they were due.

    Attributes:
        due_s: seconds after the first, not decreasing.
        missed: which of them failed, or met not every limit.
    """

    due_s: NDArray[np.float64]
    missed: NDArray[np.bool_]


def misses_of(slo: Slo, measured: Measures) -> Misses:
    """The misses of ``measured``."""
    pieces = [
        (part.column("due_ns"), ~(met(slo, part) & part.succeeded())) for part in measured.parts()
    ]
    due_ns, missed = (np.concatenate(column) for column in zip(*pieces, strict=True))
    order = np.argsort(due_ns, kind="stable")
    due_s = (due_ns[order] - due_ns.min(initial=np.iinfo(np.int64).max)) / _NS_PER_S
    return Misses(due_s=due_s, missed=missed[order])
