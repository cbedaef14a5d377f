"""The recordings that are open."""

from __future__ import annotations

import stat
import threading
import weakref
from pathlib import Path

from modelforge.core.model_id import ModelId
from modelforge.replay.address import RecordingAddress
from modelforge.replay.model import ReplayModel
from modelforge.replay.recording import Recording


class Recordings:
    """Opens each file once, however many of its models are asked for.

    The files are let go with ``close``, with this object, or at the end of the process.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._open: dict[_Version, Recording] = {}
        # A finalizer also runs at the interpreter's exit, and refers to this object only weakly.
        self._finalizer = weakref.finalize(self, _close_all, self._open)

    def model(self, id_: ModelId) -> ReplayModel:
        """The model that ``replay/FILE#MODEL`` names.

        Raises:
            UsageError: there is no such file, it is not a recording, or it has no such model.
        """
        address = RecordingAddress.parse(id_.model)
        with self._guard:
            version = _version(address.file)
            if version not in self._open:
                self._open[version] = Recording(address.file)
            recording = self._open[version]
        return ReplayModel(id=id_, recording=recording, model=address.model)

    def close(self) -> None:
        """Let go of all files; may be called again."""
        with self._guard:
            _close_all(self._open)


_Version = tuple[str, int, int, int]


def _version(path: str) -> _Version:
    """What tells a file from what stands under its name later."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):  # opening it says what is wrong
        return path, 0, 0, 0
    if not stat.S_ISREG(found.st_mode):  # a pipe can be read only once, and changes as it is read
        return path, 0, 0, 0
    return path, found.st_ino, found.st_size, found.st_mtime_ns


def _close_all(recordings: dict[_Version, Recording]) -> None:
    while recordings:
        recordings.popitem()[1].close()
