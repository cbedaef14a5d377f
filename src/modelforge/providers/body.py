"""The beginning of a body, for messages."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp

_PATIENCE_S: Final = 2.0


async def beginning(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Up to ``limit`` bytes of the body; what has come when the server stalls or breaks off."""
    found = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while len(found) < limit and (segment := await response.content.readany()):
                found += segment
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass  # a part says more than nothing
    return bytes(found[:limit])
