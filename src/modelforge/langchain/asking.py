"""One call through the port, with the time and the patience its caller allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from modelforge.core.errors import (
    ConnectionFailed,
    RateLimited,
    RequestError,
    ServerFailed,
    TimedOut,
)
from modelforge.core.events import Arrival
from modelforge.core.ports import ChatModel
from modelforge.langchain.call import Call

_RETRIED: Final = (ConnectionFailed, RateLimited, ServerFailed)
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0


def ask(model: ChatModel, call: Call, *, retries: int) -> AsyncIterator[Arrival]:
    """What arrives.

    A call that fails before anything arrived is repeated up to ``retries`` times where the fault
    may pass; ``call.timeout_s`` is for all of it.

    Raises:
        RequestError: what the model raises, and TimedOut.
    """
    if call.timeout_s is None and not retries:
        return model.stream(call.prompt, call.generation)
    return _patiently(model, call, retries)


async def _patiently(model: ChatModel, call: Call, retries: int) -> AsyncIterator[Arrival]:
    deadline = None
    if call.timeout_s is not None:
        deadline = asyncio.get_running_loop().time() + call.timeout_s
    try:
        for attempt in range(retries + 1):
            begun = False
            arrivals = model.stream(call.prompt, call.generation)
            try:
                while True:
                    # Not around the yield: the caller may take its turn in another task.
                    async with asyncio.timeout_at(deadline):
                        arrival = await anext(arrivals, None)
                    if arrival is None:
                        return
                    begun = True
                    yield arrival
            except _RETRIED as error:
                if begun or attempt == retries:
                    raise
                async with asyncio.timeout_at(deadline):
                    await asyncio.sleep(_wait_s(error, attempt))
            finally:
                await close(arrivals)
    except TimeoutError:
        raise TimedOut(
            f"{model.id}: no complete answer within {call.timeout_s:g} s; allow more with timeout="
        ) from None


async def close(arrivals: AsyncIterator[Arrival]) -> None:
    """End a stream that may not have come to its end."""
    if (aclose := getattr(arrivals, "aclose", None)) is not None:
        await aclose()


def _wait_s(error: RequestError, attempt: int) -> float:
    asked_s = error.retry_after_s if isinstance(error, RateLimited) else None
    return min(_FIRST_WAIT_S * 2**attempt if asked_s is None else asked_s, _LONGEST_WAIT_S)
