"""What tells one local model from another, whatever port it is served from."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version

from modelforge.local.catalogue import KNOWN_MODELS
from modelforge.local.model_file import ModelFile


def weights_identity(model: ModelFile) -> str:
    """A text that changes with the weights, with how they are served, and with llama.cpp.

    The weights of a known model are known by their digest; any other file by its path, size and
    time of change, so that gigabytes need not be read.
    """
    known = KNOWN_MODELS.get(model.name)
    if known is not None and model.path.stem == known.gguf_sha256[:16]:
        weights = [known.gguf_sha256]
    else:
        weights = [str(model.path), *_stamp(model)]
    served = [
        model.chat_template, list(model.stop), model.max_tokens, model.temperature, _engine(),
    ]  # fmt: skip
    document = json.dumps([weights, served])
    return f"gguf:{hashlib.sha256(document.encode('ascii')).hexdigest()}"


def _stamp(model: ModelFile) -> list[str]:
    try:
        found = model.path.stat()
    except OSError:  # gone since it was found; its server will say so
        return []
    return [str(found.st_size), str(found.st_mtime_ns)]


def _engine() -> str | None:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return None
