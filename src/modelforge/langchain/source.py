"""Where a LangChain model's requests go: the door that the application fills."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator
from typing import Protocol

from modelforge.core.ports import ChatModel


class OpenProvider(Protocol):
    """Connections to one provider, bound to the event loop that opened them."""

    def model(self, name: str, /) -> ChatModel:
        """The provider's model of that name."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class ModelSource(Protocol):
    """One provider, bound to no event loop."""

    def open(self) -> OpenProvider:
        """Connections on the running event loop; nothing is sent."""
        ...

    def redact(self, text: str, /) -> str:
        """``text`` without the secrets that the provider's requests carry."""
        ...


class PerLoop:
    """One ``OpenProvider`` for each event loop that asks.

    Each is held by an asynchronous generator of its loop. That makes the loop close it when the
    loop shuts down (``asyncio.run`` does); it is closed on its loop, too, when this object goes.
    """

    def __init__(self, source: ModelSource) -> None:
        self._source = source
        self._held: _Held = {}
        # Held from outside as well: in a cycle that is collected, connections would be found
        # unclosed before anything could close them.
        weakref.finalize(self, self._held.clear).atexit = False

    def __deepcopy__(self, _: object) -> PerLoop:
        """The same source with connections of its own: what is open belongs to its loop."""
        return PerLoop(self._source)

    async def get(self) -> OpenProvider:
        """The running loop's."""
        loop = asyncio.get_running_loop()
        if loop not in self._held:
            # Nothing is awaited before the first yield: two tasks cannot both come here.
            keeper = _keep(self._source, self._held, loop)
            self._held[loop] = (await anext(keeper), keeper)
        return self._held[loop][0]


_Held = dict[asyncio.AbstractEventLoop, tuple[OpenProvider, AsyncIterator[OpenProvider]]]


async def _keep(
    source: ModelSource, held: _Held, loop: asyncio.AbstractEventLoop
) -> AsyncIterator[OpenProvider]:
    provider = source.open()
    try:
        yield provider
    finally:
        held.pop(loop, None)
        await provider.aclose()
