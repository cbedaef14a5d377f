"""Which part of a run a request belongs to."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """Which part of the run a request belongs to."""

    WARM_UP = 0
    MEASURED = 1
    COOL_DOWN = 2
    """Sent in time and done after the end of the measurement: in the latencies, in no rate."""
