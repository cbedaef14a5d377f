"""What llama.cpp wrote, and the reason that can be read from it."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

TAIL_BYTES = 64 * 1024

_STAMP = re.compile(r"^[\d.]+ [A-Z] +")
_ERROR = re.compile(r"^[\d.]+ E ")


class ServerLog:
    """The log file of one server process.

    Each start puts a new, empty file in place of the last one. Another process that serves the
    same model keeps writing to its own, which has then lost its name: neither can grow the other's
    file or read a reason that is not its own.
    """

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            OSError: it cannot be created.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._fd, name = tempfile.mkstemp(dir=path.parent)
        Path(name).replace(path)

    def fileno(self) -> int:
        """Return the descriptor to write to."""
        return self._fd

    def close(self) -> None:
        """Close this process's descriptor; the file stays. To be called once."""
        os.close(self._fd)

    def first_error(self) -> str | None:
        """Return llama.cpp's first error, the cause of those after it, or the last line."""
        lines = self._lines()
        errors = [line for line in lines if _ERROR.match(line)]
        return _bare(errors[0]) if errors else self.last_line()

    def last_line(self) -> str | None:
        """Return what was written last, or None when nothing was."""
        lines = self._lines()
        return _bare(lines[-1]) if lines else None

    def _lines(self) -> list[str]:
        size = os.fstat(self._fd).st_size
        tail = os.pread(self._fd, TAIL_BYTES, max(0, size - TAIL_BYTES))
        return [line for line in tail.decode(errors="replace").splitlines() if line.strip()]


def _bare(line: str) -> str:
    return _STAMP.sub("", line).strip()
