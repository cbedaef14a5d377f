"""What a server's process is told when it starts."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelforge.local.model_file import ModelFile


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSettings:
    """A model and how to serve it.

    ``parallel`` requests are answered at the same time, each with a context of ``slot_context``
    tokens (fewer when the model was trained for fewer), on ``threads`` CPU threads.
    """

    model: ModelFile
    parallel: int
    slot_context: int
    threads: int

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return json.dumps(dataclasses.asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> ServerSettings:
        """Read what ``to_json`` wrote."""
        fields: dict[str, Any] = json.loads(text)
        model = fields.pop("model")
        model["path"] = Path(model["path"])
        model["stop"] = tuple(model["stop"])
        return cls(model=ModelFile(**model), **fields)
