"""An event loop whose time is virtual: minutes of waiting pass in milliseconds, exactly."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class _SkippingSelector(selectors.SelectSelector):
    """Never waits: what would be waited for is added to the loop's clock."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.now_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._skipping = _SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now_s


def run_virtually(main: Callable[[Callable[[], float]], Awaitable[T]]) -> T:
    """Run ``main(clock)`` to its end in virtual time."""

    async def entry() -> T:
        return await main(asyncio.get_running_loop().time)

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        coroutine: Any = entry()
        result: T = runner.run(coroutine)
    return result
