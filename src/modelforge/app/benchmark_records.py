"""A benchmark's records on disk: where they lie while they are written."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import platformdirs

from modelforge.core.errors import ModelForgeError, UsageError
from modelforge.core.model_id import ModelId

_UNPRINTED: Final = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME: Final = 80
_DISK: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def default_records(model_id: ModelId) -> Path:
    """A new file's path under the state directory of this platform."""
    folder = platformdirs.user_state_path("modelforge") / "benchmarks"
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    name = _UNPRINTED.sub("-", str(model_id)).strip("-.")[:_LONGEST_NAME]
    return folder / f"{now}-{name}.arrows"


def of_run(path: Path, run: int) -> Path:
    """The file of run ``run``, from 0: the first has ``path`` itself."""
    return path if not run else path.with_name(f"{path.stem}.run{run + 1}{path.suffix}")


def create(path: Path, *, folder: bool) -> IO[bytes]:
    """The file to write records to; ``folder``: make its folder where it is missing.

    Raises:
        UsageError: it cannot be written.
    """
    try:
        if folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
    except OSError as error:
        raise UsageError(
            f"cannot write the records to {path}: {error.strerror or error};"
            " name another file with --records"
        ) from None


@contextmanager
def disk_trouble(path: Path) -> Iterator[None]:
    """Say of a disk that takes no more records what can be done.

    Raises:
        ModelForgeError: in the place of an OSError of the disk.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise ModelForgeError(
            f"cannot write more records to {path}: {error.strerror}; the run ended, and what was"
            f" written before can be reported with --from-records {path}"
        ) from None
