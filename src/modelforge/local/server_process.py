"""One server process: started, waited for, watched, stopped."""

from __future__ import annotations

import json
import selectors
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from modelforge.core.errors import LocalServerFailed
from modelforge.local.server_log import ServerLog
from modelforge.local.server_settings import ServerSettings

START_TIMEOUT_S = 120.0
STOP_PATIENCE_S = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    log: ServerLog


class ServerProcess:
    """A process that is started once and stopped once.

    ``stop`` may be called from any thread, also while ``start`` waits in another.
    """

    def __init__(self, settings: ServerSettings, *, log_path: Path) -> None:
        self._settings = settings
        self._log_path = log_path
        # Re-entrant: the garbage collector may call ``stop`` in the middle of anything.
        self._guard = threading.RLock()
        self._child: _Child | None = None
        self._stopped = False
        self._death: LocalServerFailed | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, or None before it was started."""
        return None if self._child is None else self._child.process.pid

    def start(self, *, timeout_s: float = START_TIMEOUT_S) -> str:
        """Start the process and return its URL when the model is loaded. Blocks.

        Raises:
            LocalServerFailed: with the reason from the log; nothing is left running.
        """
        try:
            child = self._spawn()
        except OSError as error:
            raise LocalServerFailed(
                f"cannot start {self._name}: {error.strerror or error} (log: {self._log_path})"
            ) from error
        line = _first_line(cast(IO[bytes], child.process.stdout), timeout_s)
        if line:
            return str(json.loads(line)["url"])
        if line is None:
            failure = LocalServerFailed(
                f"{self._name} was not ready within {timeout_s:g} s (log: {self._log_path})"
            )
        else:
            failure = self._start_failure(child)
        self.stop()
        raise failure

    def is_alive(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._child is not None and self._child.process.poll() is None

    def death(self) -> LocalServerFailed:
        """Return the error that tells how a process that is no longer alive ended."""
        with self._guard:
            if self._death is None:
                self._death = self._read_death()
            return self._death

    def stop(self) -> None:
        """End the process and wait until it has ended; may be called again."""
        with self._guard:
            if self._stopped:
                return
            self._stopped = True
            if self._child is None:
                return
            process = self._child.process
            cast(IO[bytes], process.stdin).close()
            try:
                process.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._child.log.close()

    @property
    def _name(self) -> str:
        return f"the local server of {self._settings.model.name}"

    def _spawn(self) -> _Child:
        main = [sys.executable, "-P", "-m", "modelforge.local.server_main"]
        with self._guard:
            if self._stopped:
                raise self._was_stopped()
            log = ServerLog(self._log_path)
            try:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [*main, self._settings.to_json()],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log.fileno(),
                    # A terminal's Ctrl-C is for the parent, which ends its children in order.
                    start_new_session=True,
                )
            except OSError:
                log.close()
                raise
            self._child = _Child(process=process, log=log)
            return self._child

    def _start_failure(self, child: _Child) -> LocalServerFailed:
        with self._guard:
            if self._stopped:
                return self._was_stopped()
            reason = child.log.first_error() or _ending(child.process)
            return LocalServerFailed(
                f"{self._name} did not start: {reason} (log: {self._log_path})"
            )

    def _read_death(self) -> LocalServerFailed:
        if self._stopped or self._child is None:
            return self._was_stopped()
        last_words = self._child.log.last_line() or "none"
        return LocalServerFailed(
            f"{self._name} ended ({_ending(self._child.process)}), last words: {last_words}; "
            f"the next request starts it again (log: {self._log_path})"
        )

    def _was_stopped(self) -> LocalServerFailed:
        return LocalServerFailed(f"{self._name} was stopped")


def _first_line(stdout: IO[bytes], timeout_s: float) -> bytes | None:
    """Return the one line the child writes, b"" when it ended without, or None at the timeout."""
    with stdout, selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        return stdout.readline() if selector.select(timeout_s) else None


def _ending(process: subprocess.Popen[bytes]) -> str:
    code = process.wait()
    if code >= 0:
        return f"exit code {code}"
    lack = ", perhaps for lack of memory" if -code == signal.SIGKILL else ""
    return f"killed by {signal.Signals(-code).name}{lack}"
