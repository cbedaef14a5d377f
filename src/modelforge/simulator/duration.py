"""Durations as people write them."""

from __future__ import annotations

import re
from typing import Final

from modelforge.core.errors import UsageError

_UNITS: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(us|ms|s|m|h)?")


def parse_duration_s(text: str) -> float:
    """Seconds in ``100ms``, ``1.5s``, ``20us``, ``2m``, ``1h``; a bare ``0`` needs no unit.

    Raises:
        UsageError: it is not a duration, or its unit is missing.
    """
    found = _DURATION.fullmatch(text.strip())
    if found is None or (found[2] is None and float(found[1]) != 0):
        raise UsageError(
            f"{text!r} is not a duration: write a number and us, ms, s, m or h, as in 100ms"
        )
    return float(found[1]) * _UNITS[found[2] or "s"]
