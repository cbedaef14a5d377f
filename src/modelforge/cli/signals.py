"""Ctrl-C, SIGTERM and a closed terminal as a wish to stop, not as an explosion."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Final, Self

from modelforge.cli.exit_codes import EXIT_BY_SIGNAL
from modelforge.core.errors import Interrupted

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_PATIENCE_S: Final = 2.0
"""So long after the first signal, another one ends the process at once."""

_CALLS: Final = 2


def _give_back(loop: asyncio.AbstractEventLoop, *, ignore_sigint: bool) -> None:
    """End the loop's handling; no signal comes between that and its being ignored."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
        if ignore_sigint:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


class StopOnSignal:
    """Sets ``event`` at the first SIGINT, SIGTERM or SIGHUP.

    Impatient repeats change nothing while what has arrived is being kept; one that comes seconds
    later ends the process there. Once stopped, SIGINT stays without effect, so that the rest of the
    command can print. Use inside a running event loop.
    """

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.exit_code: int | None = None
        self._stopped_s = 0.0

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._stop, number)
        return self

    def __exit__(self, *_: object) -> None:
        _give_back(self._loop, ignore_sigint=self.event.is_set())

    def _stop(self, number: signal.Signals) -> None:
        if not self.event.is_set():
            self.exit_code = EXIT_BY_SIGNAL + number
            self._stopped_s = self._loop.time()
            self.event.set()
        elif self._loop.time() - self._stopped_s > _PATIENCE_S:
            os._exit(EXIT_BY_SIGNAL + number)


class CallOnContinue:
    """Calls ``call`` when this process was stopped (SIGSTOP, Ctrl-Z) and goes on.

    Use inside a running event loop.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._loop.add_signal_handler(signal.SIGCONT, self._call)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.remove_signal_handler(signal.SIGCONT)


class CallOnSignal:
    """Calls ``call`` at the first SIGINT, SIGTERM or SIGHUP, and again at the second.

    One that comes seconds after the second ends the process there. An `Interrupted` that is raised
    inside gets the signal's exit code. Use inside a running event loop.

    Attributes:
        exit_code: what the process is to end with; None: there was no signal.
    """

    def __init__(self, call: Callable[[], None]) -> None:
        self.exit_code: int | None = None
        self._call = call
        self._calls = 0
        self._called_s = 0.0

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._heard, number)
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        _give_back(self._loop, ignore_sigint=self.exit_code is not None)
        if self.exit_code is not None and isinstance(error, Interrupted):
            error.exit_code = self.exit_code

    def _heard(self, number: signal.Signals) -> None:
        if self.exit_code is None:
            self.exit_code = EXIT_BY_SIGNAL + number
        if self._calls < _CALLS:
            self._calls += 1
            self._called_s = self._loop.time()
            self._call()
        elif self._loop.time() - self._called_s > _PATIENCE_S:
            os._exit(EXIT_BY_SIGNAL + number)
