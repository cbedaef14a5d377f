"""The event loop of whoever has the choice."""

from __future__ import annotations

import asyncio
import sys


def new_event_loop() -> asyncio.AbstractEventLoop:
    """The fastest event loop there is here: uvloop, or asyncio's own where that does not run."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # noqa: PLC0415 (not on every platform)

    return uvloop.new_event_loop()
