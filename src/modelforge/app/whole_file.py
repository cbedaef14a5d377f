"""Files that are there whole or as they were before."""

from __future__ import annotations

import os
from pathlib import Path
from secrets import token_hex


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
    new = path.with_name(f".{path.name[:64]}.{token_hex(4)}.new")
    try:
        new.write_bytes(data)
        if path.exists():
            new.chmod(path.stat().st_mode & 0o7777)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
