"""A GGUF file on this machine, ready to be served."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from modelforge.core.errors import UnknownLocalModel

GGUF_MAGIC = b"GGUF"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFile:
    """What a server needs to know of a model.

    ``name`` is what the server calls it, ``path`` is absolute and free of symbolic links. What is
    None or empty is left to the file itself (its chat template) and to llama.cpp.
    """

    name: str
    path: Path
    chat_template: str | None = None
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None


def names_a_file(name: str) -> bool:
    """Whether a local model's name is a path: it has a path separator or ends in ``.gguf``."""
    return name.endswith(".gguf") or os.sep in name or (os.altsep or os.sep) in name


def model_file(name: str) -> ModelFile:
    """Look at the GGUF file that ``name``, a path, leads to.

    Raises:
        UnknownLocalModel: it does not exist, cannot be read, or is not a GGUF file.
    """
    try:
        path = Path(name).expanduser().resolve()
        # Opening a pipe or a device might wait for ever.
        magic = _first_bytes(path) if path.is_file() or not path.exists() else None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnknownLocalModel(
            f"cannot use {name!r} as a local model: {reason}; give the path of a GGUF file"
        ) from error
    if magic != GGUF_MAGIC:
        raise UnknownLocalModel(
            f"cannot use {name!r} as a local model: it is not a GGUF file "
            "(its first four bytes are not GGUF); convert the model with llama.cpp first"
        )
    return ModelFile(name=path.stem, path=path)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(GGUF_MAGIC))
