"""How many connections this process may hold."""

from __future__ import annotations

import sys
from typing import Final

_WANTED: Final = 65_536


def allow_many_connections() -> None:
    """Raise the soft limit of open files as far as it may go; each connection is one."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 (POSIX only)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _WANTED if hard == resource.RLIM_INFINITY else min(hard, _WANTED)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
