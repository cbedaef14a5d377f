"""How a model is asked to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """Sampling settings; what is None is left to the server.

    ``extra`` holds settings of one server's own, sent as they are.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    stream: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
