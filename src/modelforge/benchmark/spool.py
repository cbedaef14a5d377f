"""Numbers that are written once and read in parts."""

from __future__ import annotations

from contextlib import suppress
from tempfile import SpooledTemporaryFile, gettempdir
from threading import Lock
from typing import Any, Final
from weakref import finalize

import numpy as np
from numpy.typing import DTypeLike, NDArray

from modelforge.core.errors import ModelForgeError

_HELD_BYTES: Final = 1 << 20


class Spool:
    """A growing array of which a MiB at most is in memory.

    More than that lies in a file without a name among the temporary files, which is gone with this
    object.

    Args:
        kind: of the numbers.
    """

    def __init__(self, kind: DTypeLike) -> None:
        self._kind: np.dtype[Any] = np.dtype(kind)
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(_HELD_BYTES)  # noqa: SIM115 (it lives as long as this)
        finalize(self, _let_go, self._file)
        self._lock = Lock()  # where it is read is the file's, not the reader's
        self.size = 0

    def add(self, values: NDArray[Any]) -> None:
        """Append ``values``.

        Raises:
            ModelForgeError: there is no room for them.
        """
        data = np.ascontiguousarray(values, dtype=self._kind)
        with self._lock:
            try:
                self._file.seek(self.size * self._kind.itemsize)
                self._file.write(data.data)
                self._file.flush()  # a disk that is full is found here, and not where it is read
            except OSError as error:
                raise ModelForgeError(
                    f"cannot keep what the report needs among the temporary files"
                    f" ({gettempdir()}): {error.strerror or error}; make room there, or name"
                    " another folder in TMPDIR"
                ) from None
            self.size += data.size

    def read(self, start: int, stop: int) -> NDArray[Any]:
        """The numbers from place ``start`` to ``stop``, as an array of its own."""
        found: NDArray[Any] = np.empty(max(stop - start, 0), dtype=self._kind)
        with self._lock:
            self._file.seek(start * self._kind.itemsize)
            self._file.readinto(found.view(np.uint8).data)
        return found


def _let_go(file: SpooledTemporaryFile[bytes]) -> None:
    with suppress(OSError):  # of what found no room and was refused
        file.close()
