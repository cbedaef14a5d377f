"""A worker's process, as its parent holds it. Nothing heavy is imported here."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modelforge.wire.job import Job  # the first worker begins before this process loads that

_GOODBYE_S: Final = 5.0
_ENVIRONMENT: Final = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Arrow's own allocator keeps some 16 MiB for itself, for the few columns that a worker has."""


class WorkerProcess:
    """A process that waits for a job; it loads what it needs while its parent does the same.

    It ends when ``end`` is called or its parent is gone: its standard input ends then.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: the working directory is not searched for modules.
            [sys.executable, "-P", "-m", "modelforge.wire.worker_main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A terminal's interrupt is for the parent, which then says what to do.
            start_new_session=True,
            env=_ENVIRONMENT | os.environ,
        )
        self._busy = False

    @property
    def output(self) -> IO[bytes]:
        """Its records, as an Arrow stream."""
        assert self._process.stdout is not None  # noqa: S101 (it was asked for)
        return self._process.stdout

    def give(self, job: Job) -> None:
        """Say what it is to do."""
        self._busy = True
        pickled = pickle.dumps(job)
        self._write(b"%d\n%b" % (len(pickled), pickled))

    def tell(self, word: bytes) -> None:
        """Say one of the words of `modelforge.wire.job`."""
        self._write(word + b"\n")

    def let_go(self) -> None:
        """Let it end; one that was given nothing to do ends at once."""
        if not self._busy:
            self.kill()
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    def end(self) -> None:
        """Wait for its end, and make one where it does not come."""
        self.let_go()
        try:
            self._process.wait(_GOODBYE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            with suppress(OSError, ValueError):  # a thread may be reading its end
                self._process.stdout.close()

    def _write(self, data: bytes) -> None:
        if self._process.stdin is None:
            return
        with suppress(BrokenPipeError, ValueError):  # it has ended; its output says so too
            self._process.stdin.write(data)
            self._process.stdin.flush()


@contextmanager
def worker_processes(count: int) -> Iterator[list[WorkerProcess]]:
    """So many workers, which have ended after the block whatever happens in it."""
    processes: list[WorkerProcess] = []
    try:
        for _ in range(count):
            processes.append(WorkerProcess())  # noqa: PERF401 (those before one that fails are ended)
        yield processes
    finally:
        for process in processes:
            process.let_go()
        for process in processes:
            process.end()
