"""A worker's process, as its parent sees it. Light to import: starting it comes before all else."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import IO, Final, Self, cast

_GOODBYE_S: Final = 5.0


class WorkerProcess:
    """Starts at once and waits for its job; ends when it is closed, or with this process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "modelforge.wire.worker_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A terminal's interrupt is for the parent, which then says what to do.
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The number that the system knows it by."""
        return self._process.pid

    @property
    def output(self) -> IO[bytes]:
        """What it writes."""
        return cast("IO[bytes]", self._process.stdout)

    def send(self, data: bytes) -> None:
        """Write to it; nothing happens if it has ended, which its output tells too."""
        pipe = cast("IO[bytes]", self._process.stdin)
        with suppress(BrokenPipeError, ValueError):
            pipe.write(data)
            pipe.flush()

    def close(self) -> None:
        """End it: by the end of its input, and by force if it does not listen."""
        with suppress(BrokenPipeError):
            cast("IO[bytes]", self._process.stdin).close()
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
