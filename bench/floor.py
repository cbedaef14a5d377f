"""What the machine lets any program see: a timer and a client in C that do nothing else.

A figure of ours is read beside it: a client cannot be earlier than the machine lets it be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class Floor:
    """The compiled program; see ``floor.c``."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def timer(self, *, rate: float, seconds: float, short_slices: bool = True) -> dict[str, Any]:
        """How regular and how late (ms) a process is that only sleeps: ``cv``, ``lag_p99``."""
        return self._run("timer" if short_slices else "usual-timer", rate, seconds)

    def client(self, base_url: str, *, streams: int, seconds: float, tokens: int) -> dict[str, Any]:
        """``ttft_ms`` and ``itl_ms`` as a client sees them that only reads and stamps."""
        return self._run("client", urlsplit(base_url).port or 80, streams, seconds, tokens)

    @contextmanager
    def witnesses(self) -> Iterator[list[tuple[int, int]]]:
        """On every core that this process may use, a process that only sleeps until each
        millisecond: from when to when (nanoseconds, monotonic clock) one of them was kept from
        running for more than another, known once the block is left.
        """
        found: list[tuple[int, int]] = []
        processes = [
            subprocess.Popen(
                [str(self._program), "witness", str(core)],
                stdout=subprocess.PIPE,
                text=True,
            )
            for core in sorted(os.sched_getaffinity(0))
        ]
        try:
            yield found
            for process in processes:
                process.terminate()
                for line in process.communicate()[0].splitlines():
                    due_ns, woken_ns = map(int, line.split())
                    found.append((due_ns, woken_ns))
        finally:
            for process in processes:
                process.kill()
                process.wait()

    def _run(self, *arguments: object) -> dict[str, Any]:
        done = subprocess.run(
            [str(self._program), *map(str, arguments)], check=True, stdout=subprocess.PIPE
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@contextmanager
def floor() -> Iterator[Floor | None]:
    """The program, compiled; None where there is no Linux or no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "floor"
        source = Path(__file__).with_name("floor.c")
        subprocess.run([compiler, "-O2", "-o", program, source, "-lm"], check=True)
        yield Floor(program)
