"""The simulator as a provider's endpoint: ``sim/steady`` is a model like another."""

from __future__ import annotations

import asyncio
import atexit
import threading
from typing import ClassVar

from modelforge.core.errors import LocalServerFailed
from modelforge.simulator.thread import SimulatorThread


class SimulatorEndpoint:
    """Fills ``core.ports.Endpoint`` with one simulator that all of a process share.

    Its thread starts at the first call of ``base_url``. It ends when everyone who called it has
    called ``close``, and with the process.
    """

    _lock: ClassVar = threading.Lock()
    _shared: ClassVar[SimulatorThread | None] = None
    _users: ClassVar[set[SimulatorEndpoint]] = set()

    async def base_url(self) -> str:
        """The URL that every built-in profile is served under.

        Raises:
            LocalServerFailed: it could not be started.
        """
        with self._lock:
            self._users.add(self)
        running = self._shared
        if running is None or not running.alive:  # a start takes longer than others may be held up
            running = await asyncio.to_thread(self.start)
        return running.base_url

    def close(self) -> None:
        """Need it no more; may be called again."""
        with self._lock:
            if self not in self._users:
                return
            self._users.remove(self)
            if not self._users:
                self._stop()

    @classmethod
    def start(cls) -> SimulatorThread:
        """The shared simulator; started if it does not run.

        Raises:
            LocalServerFailed: it could not be started.
        """
        with cls._lock:
            if cls._shared is None or not cls._shared.alive:
                try:
                    cls._shared = SimulatorThread().__enter__()
                except Exception as error:
                    raise LocalServerFailed(f"the simulator did not start: {error}") from error
                # A thread with a loop of its own must not run into the interpreter's end.
                atexit.unregister(cls._stop)
                atexit.register(cls._stop)
            return cls._shared

    @classmethod
    def _stop(cls) -> None:
        if cls._shared is not None:
            cls._shared.__exit__()
            cls._shared = None
