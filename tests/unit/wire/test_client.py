"""The client looks at what is under way in small steps."""

from __future__ import annotations

import asyncio
from time import monotonic_ns
from typing import cast

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.wire.connection import WireConnection
from modelforge.wire.exchange import Exchange
from tests.support.wire import Asker, target_at


class Busy:
    """A connection that has just said something, and who looked at it."""

    def __init__(self, looks: list[Busy]) -> None:
        self._looks = looks
        ask = Ask(prompt=Prompt.of("Hi"), source="test")
        self.exchange = Exchange(index=0, phase=Phase.MEASURED, ask=ask, sent_ns=monotonic_ns())

    @property
    def heard_ns(self) -> int:
        self._looks.append(self)
        return monotonic_ns()

    def close(self) -> None:
        """Nothing to let go of."""


async def test_a_turn_looks_at_some_connections_and_the_next_ones_at_the_others() -> None:
    async with Asker(target_at("http://127.0.0.1:1/v1")) as asker:
        client = asker.client
        looks: list[Busy] = []
        busy = {Busy(looks) for _ in range(80)}
        client._busy |= {cast("WireConnection", one) for one in busy}
        client._sweep()
        for looked in (32, 64, 80, 80):
            assert len(looks) == looked
            await asyncio.sleep(0)
        assert set(looks) == busy
