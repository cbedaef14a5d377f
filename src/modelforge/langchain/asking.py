"""One call through the port, with the time and the patience its caller allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

from modelforge.core.errors import RequestError, TimedOut
from modelforge.core.events import Arrival
from modelforge.core.ports import ChatModel
from modelforge.langchain.call import Call

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_LONGEST_ASKED_S: Final = 60.0


def ask(model: ChatModel, call: Call, *, retries: int) -> AsyncGenerator[Arrival]:
    """What arrives.

    A call that fails before anything arrived is repeated up to ``retries`` times where the fault
    may pass, never sooner than the server asked for, and not at all if that is more than a minute
    away or would pass the time allowed; ``call.timeout_s`` is for all of it.

    Raises:
        RequestError: what the model raises, and TimedOut.
    """
    if call.timeout_s is None and not retries:
        return model.stream(call.prompt, call.generation)
    return _patiently(model, call, retries)


async def _patiently(model: ChatModel, call: Call, retries: int) -> AsyncGenerator[Arrival]:
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
            except RequestError as error:
                wait_s = None if begun or attempt == retries else _wait_s(error, attempt)
                if wait_s is None or not _ends_before(deadline, wait_s):
                    raise
                await asyncio.sleep(wait_s)
            finally:
                await arrivals.aclose()
    except TimeoutError:
        raise TimedOut(
            f"{model.id}: no complete answer within {call.timeout_s:g} s; allow more with timeout="
        ) from None


def _wait_s(error: RequestError, attempt: int) -> float | None:
    """How long to wait before the call is repeated; None when it is not to be."""
    asked_s: float = error.retry_after_s or 0.0
    if not error.retryable or asked_s > _LONGEST_ASKED_S:
        return None
    own_s: float = _FIRST_WAIT_S * 2**attempt
    return max(min(own_s, _LONGEST_WAIT_S), asked_s)


def _ends_before(deadline: float | None, wait_s: float) -> bool:
    return deadline is None or asyncio.get_running_loop().time() + wait_s < deadline
