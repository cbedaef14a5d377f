"""How long a stream may keep silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from modelforge.core.errors import TimedOut
from modelforge.core.events import Arrival, Finish, UsageReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadlines:
    """The limits of one attempt; None is no limit.

    ``first_token_s`` runs from the moment the request is sent to the first piece of text,
    reasoning or a tool call. ``idle_s`` runs from each arrival after it to the next.
    """

    first_token_s: float | None = None
    idle_s: float | None = None


async def within(
    deadlines: Deadlines, arrivals: AsyncGenerator[Arrival]
) -> AsyncGenerator[Arrival]:
    """``arrivals``, as long as they come in time.

    Raises:
        TimedOut: they do not; what was yielded before stands.
    """
    time = asyncio.get_running_loop().time
    begun = False
    due_s = None if deadlines.first_token_s is None else time() + deadlines.first_token_s
    try:
        while True:
            limit = asyncio.timeout_at(due_s)
            try:
                async with limit:
                    arrival = await anext(arrivals, None)
            except TimeoutError:
                if not limit.expired():
                    raise
                raise _late(deadlines, begun=begun) from None
            if arrival is None:
                return
            begun = begun or _is_of_the_answer(arrival)
            if begun:
                due_s = None if deadlines.idle_s is None else time() + deadlines.idle_s
            yield arrival
    finally:
        await arrivals.aclose()


def _is_of_the_answer(arrival: Arrival) -> bool:
    return any(not isinstance(event, UsageReport | Finish) for event in arrival.events)


def _late(deadlines: Deadlines, *, begun: bool) -> TimedOut:
    if begun:
        return TimedOut(
            f"nothing more of the answer within {deadlines.idle_s:g} s;"
            " allow more with --idle-timeout"
        )
    return TimedOut(
        f"no first token within {deadlines.first_token_s:g} s;"
        " allow more with --first-token-timeout"
    )
