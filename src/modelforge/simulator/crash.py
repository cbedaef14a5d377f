"""Failures that nobody meant: reported, and survived."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import Final

_log: Final = logging.getLogger(__name__)


def log_crash(doing: str, error: Exception) -> None:
    """Say in one line what failed and where; without a set-up of logging it goes to stderr."""
    steps = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(steps[-1].filename).name}:{steps[-1].lineno})" if steps else ""
    said = " ".join(f"{type(error).__name__}: {error}".split())
    _log.error("simulator: failed %s: %s%s", doing, said, where)
    _log.debug("simulator: where it failed", exc_info=error)
