"""A file that can be read from its start again and again."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from modelforge.core.errors import PromptError
from modelforge.prompts.limits import SPOOL_LIMIT
from modelforge.prompts.wording import plain

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER_BYTES: Final = 64 * 1024
_COPY_BYTES: Final = 1024 * 1024


class InputFile:
    """Bytes on disk that any number of readers read, each at its own place.

    One descriptor is held until ``close``: a file that is replaced meanwhile goes on being read as
    it was, and one that is written to is refused, because readers must all see the same. What came
    from a stream lies in a temporary file without a name, which ends with the descriptor, however
    the process ends.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self._file = file
        self._version = self._stamp()

    @classmethod
    def open(cls, path: str) -> InputFile:
        """Open a regular file, or spool a FIFO.

        Raises:
            PromptError: there is none, it cannot be read, or it is a directory or a device.
        """
        name = plain(path)
        with translated_errors(name):
            mode = Path(path).stat().st_mode
            if stat.S_ISDIR(mode):
                raise PromptError(f"{name}: a directory, not a file")
            if stat.S_ISFIFO(mode):
                with Path(path).open("rb") as fifo:
                    return cls.spool(fifo, name)
            if not stat.S_ISREG(mode):
                raise PromptError(f"{name}: not a regular file; to read a device, pipe it to '-'")
            return cls(Path(path).open("rb"), name)

    @classmethod
    def spool(cls, stream: BinaryIO, name: str, *, limit: int = SPOOL_LIMIT) -> InputFile:
        """Copy a stream into a temporary file.

        Raises:
            PromptError: it cannot be read, passes ``limit`` bytes, or does not fit the disk.
        """
        with contextlib.ExitStack() as stack, translated_errors(name):
            copy = stack.enter_context(tempfile.TemporaryFile(buffering=0))
            length = 0
            while piece := stream.read(_COPY_BYTES):
                length += len(piece)
                if length > limit:
                    raise PromptError(f"{name}: longer than {limit} bytes; save it to a file first")
                _write(copy, piece)
            stack.pop_all()
            return cls(copy, name)

    @property
    def size(self) -> int:
        """How many bytes there were when it was opened."""
        return self._version[0]

    def reader(self) -> BinaryIO:
        """A new reader at the start; to be closed on its own.

        Reading raises PromptError when the disk fails or the file was written to.
        """
        return io.BufferedReader(_Reader(self), _BUFFER_BYTES)

    def read_at(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes from ``offset``, none at the end."""
        descriptor = self._file.fileno()
        with translated_errors(self.name):
            data = os.pread(descriptor, size, offset)
            if self._stamp() != self._version:
                raise PromptError(
                    f"{self.name}: it changed while it was being read; "
                    "run again when nothing writes to it"
                )
            return data

    def close(self) -> None:
        """Let go of the file; readers that are still open fail with ValueError."""
        self._file.close()

    def _stamp(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns


class _Reader(io.RawIOBase):
    def __init__(self, source: InputFile) -> None:
        self._source = source
        self._offset = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        into = memoryview(buffer).cast("B")
        data = self._source.read_at(self._offset, len(into))
        into[: len(data)] = data
        self._offset += len(data)
        return len(data)


@contextlib.contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Raise what the operating system says of ``name`` as PromptError."""
    try:
        yield
    except FileNotFoundError:
        raise PromptError(f"{name}: no such file") from None
    except OSError as error:
        reason = plain(error.strerror or str(error))
        raise PromptError(f"{name}: cannot be read: {reason}") from None
    except ValueError as error:  # a closed stream, or a path that no system could have
        raise PromptError(f"{name}: cannot be read: {plain(str(error))}") from None


def _write(file: IO[bytes], piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]
