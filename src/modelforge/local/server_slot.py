"""The place of one model's server: empty, starting, or serving."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from modelforge.core.errors import LocalServerFailed
from modelforge.local.model_file import ModelFile
from modelforge.local.server_process import ServerProcess
from modelforge.local.server_settings import ServerSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class _Start:
    process: ServerProcess
    url: Future[str]


class ServerSlot:
    """Holds one server process, started at the first use and shared by all users.

    Users may be in any thread and on any event loop. A process that failed or died leaves the
    slot when this is noticed, and the next use starts another.
    """

    def __init__(self, settings: ServerSettings, *, log_dir: Path) -> None:
        self._settings = settings
        self._log_path = log_dir / _log_name(settings.model)
        # Re-entrant: the garbage collector may close the slot in the middle of anything.
        self._guard = threading.RLock()
        self._start: _Start | None = None
        self._closed = False

    async def url(self) -> str:
        """Return the URL of the server, which is running as far as can be seen.

        Raises:
            LocalServerFailed: it could not be started, has died, or the slot is closed.
        """
        start = self._current()
        try:
            url = await asyncio.wrap_future(start.url)
        except Exception:
            self._leave(start)
            raise
        if not start.process.is_alive():
            death = start.process.death()
            self._leave(start)
            raise death
        return url

    def close(self) -> None:
        """Stop the process, now and for good; may be called again."""
        with self._guard:
            self._closed = True
            start, self._start = self._start, None
        if start is not None:
            start.process.stop()

    def _current(self) -> _Start:
        with self._guard:
            if self._closed:
                raise LocalServerFailed("the local servers have been closed")
            if self._start is None:
                process = ServerProcess(self._settings, log_path=self._log_path)
                self._start = _Start(process=process, url=Future())
                # From here on a caller who gives up cannot cancel it for the others.
                self._start.url.set_running_or_notify_cancel()
                # A daemon, so that an interrupt during a long load need not wait for it.
                threading.Thread(target=_run, args=(self._start,), daemon=True).start()
            return self._start

    def _leave(self, start: _Start) -> None:
        with self._guard:
            if self._start is start:
                self._start = None
        start.process.stop()


def _run(start: _Start) -> None:
    try:
        start.url.set_result(start.process.start())
    except BaseException as error:  # noqa: BLE001 - it is raised where the URL is awaited
        start.url.set_exception(error)


def _log_name(model: ModelFile) -> str:
    name = re.sub(r"[^\w.-]", "_", model.name)[:64]
    return f"{name}-{hashlib.sha256(str(model.path).encode()).hexdigest()[:8]}.log"
