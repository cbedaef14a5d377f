"""The simulator as a provider's endpoint: ``sim/steady`` is a model like another."""

from __future__ import annotations

import threading
from typing import ClassVar

from modelforge.core.errors import LocalServerFailed
from modelforge.simulator.thread import SimulatorThread


class SimulatorEndpoint:
    """Fills ``core.ports.Endpoint`` with one simulator that all of a process share.

    Its thread starts at the first call of ``base_url`` and ends with the process.
    """

    _lock: ClassVar = threading.Lock()
    _shared: ClassVar[SimulatorThread | None] = None

    async def base_url(self) -> str:
        """The URL that every built-in profile is served under.

        Raises:
            LocalServerFailed: it could not be started.
        """
        return self.start().base_url

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
            return cls._shared
