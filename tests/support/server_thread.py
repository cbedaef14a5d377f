"""A server in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import Self


class ServerThread(ABC):
    """Serves from entry to exit: ``_main`` says that it has ``started`` and waits for ``_stop``."""

    _loop: asyncio.AbstractEventLoop
    _stop: asyncio.Event
    _thread: threading.Thread

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _serve(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._main(started))
        self._loop.close()

    @abstractmethod
    async def _main(self, started: threading.Event) -> None: ...
