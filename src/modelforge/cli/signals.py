"""Ctrl-C, SIGTERM and a closed terminal as a wish to stop, not as an explosion."""

from __future__ import annotations

import asyncio
import signal
from typing import Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_EXIT_BASE: Final = 128  # a process ended by signal N exits with 128 + N


class StopOnSignal:
    """Sets ``event`` at the first SIGINT, SIGTERM or SIGHUP.

    A second one acts as if this were not here. Use inside a running event loop.
    """

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.exit_code: int | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._stop, number)
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def _stop(self, number: signal.Signals) -> None:
        self.exit_code = _EXIT_BASE + number
        self.event.set()
        self._forget()

    def _forget(self) -> None:
        for number in _SIGNALS:
            self._loop.remove_signal_handler(number)
