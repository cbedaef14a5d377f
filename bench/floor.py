"""What the machine lets any program see: a timer and a client in C that do nothing else.

A figure of ours is read beside it: a client cannot be earlier than the machine lets it be.
"""

from __future__ import annotations

import json
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
