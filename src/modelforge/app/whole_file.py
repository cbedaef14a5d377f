"""Files that are there whole or as they were before."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of what ``path`` holds, or leave that as it is.

    A link's target is replaced, and a file keeps its mode. A pipe, a device and a file in a folder
    that takes no other are written to as they are.

    Raises:
        OSError: it cannot be written.
    """
    path = path.resolve()
    if path.exists() and not (path.is_file() and os.access(path.parent, os.W_OK)):
        path.write_bytes(data)
        return
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:64]}.", delete=False) as file:
        new = Path(file.name)
        try:
            file.write(data)
            file.close()
            new.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
            new.replace(path)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise


def _umask() -> int:
    mask = os.umask(0)  # it can only be read by setting it
    os.umask(mask)
    return mask
