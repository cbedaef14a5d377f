"""How a model is asked to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelforge.core.prompt import Tool


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """Sampling settings and tools; what is None is left to the server.

    ``tool_choice`` is ``auto``, ``none``, ``required`` or a tool's name. ``json_schema`` asks for
    an answer that is JSON of that schema. ``extra`` holds settings of one server's own, sent as
    they are.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    stream: bool = True
    tools: tuple[Tool, ...] = ()
    tool_choice: str | None = None
    json_schema: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
