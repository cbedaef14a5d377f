"""Which file, and which model in it, a replay's name means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelforge.config.builtin import REPLAY_PROVIDER
from modelforge.core.errors import InvalidModelId
from modelforge.core.model_id import ModelId

_DIVIDER: Final = "#"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingAddress:
    """``model`` is None where the file is expected to hold the answers of one model only."""

    file: str
    model: str | None

    @classmethod
    def parse(cls, name: str) -> RecordingAddress:
        """Read ``FILE`` or ``FILE#MODEL``.

        Both may hold a ``#`` of their own: the longest beginning that is there as a file is the
        file; where nothing is there, the first ``#`` divides.

        Raises:
            InvalidModelId: there is no file before the ``#``.
        """
        at = len(name)
        while at > 0:
            if _exists(name[:at]):
                return cls(file=_expanded(name[:at]), model=name[at + 1 :] or None)
            at = name.rfind(_DIVIDER, 0, at)
        file, _, model = name.partition(_DIVIDER)
        if not file:
            raise InvalidModelId(
                f"'{REPLAY_PROVIDER}/{name}' names no file: write {REPLAY_PROVIDER}/FILE#MODEL"
            )
        return cls(file=_expanded(file), model=model or None)


def recorded_files(ids: Iterable[ModelId]) -> list[Path]:
    """The files that the replays among ``ids`` read, so that nothing is written over them."""
    return [
        Path(RecordingAddress.parse(id_.model).file)
        for id_ in ids
        if id_.provider == REPLAY_PROVIDER
    ]


def _exists(path: str) -> bool:
    try:
        return Path(_expanded(path)).exists()
    except (OSError, ValueError):  # too long, or a path that no system could have
        return False


def _expanded(path: str) -> str:
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        return path
