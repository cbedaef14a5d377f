"""The simulator in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Self

from modelforge.core.errors import LocalServerFailed
from modelforge.core.event_loop import new_event_loop
from modelforge.simulator.server import Simulator


class SimulatorThread:
    """A ``Simulator`` with a thread and a loop of its own, for a ``with`` block.

    Args:
        options: those of ``Simulator``.

    Raises:
        UsageError: as ``Simulator``; on entry, that it cannot listen.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._simulator = Simulator(*arguments, **options)
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """The root, without a trailing slash."""
        return self._simulator.url

    @property
    def base_url(self) -> str:
        """What an OpenAI client is given."""
        return self._simulator.base_url

    @property
    def alive(self) -> bool:
        """Whether it serves."""
        return self._thread.is_alive()

    def truth(self) -> dict[str, Any]:
        """What ``GET /truth`` answers now.

        Raises:
            LocalServerFailed: it does not run.
        """
        return self._call(lambda: self._simulator.truth)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            try:
                runner.run(self._serve())
            except Exception as error:  # noqa: BLE001 (raised again by whoever waits for the start)
                self._failure = error
            finally:
                self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with self._simulator:
            self._started.set()
            await self._stop.wait()

    def _call(self, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if self._loop is None or not self._thread.is_alive():
            raise LocalServerFailed("the simulator does not run: use it inside its with block")

        async def call() -> dict[str, Any]:
            return read()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()
