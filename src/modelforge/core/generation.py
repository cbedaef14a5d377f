"""How a model is asked to answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelforge.core.errors import UsageError
from modelforge.core.prompt import Tool


@dataclass(frozen=True, kw_only=True, slots=True)
class Generation:
    """Sampling settings and tools; what is None is left to the server.

    ``tool_choice`` is ``auto``, ``none``, ``required`` or a tool's name. ``json_schema`` asks for
    an answer that is JSON of that schema. ``extra`` holds settings of one server's own, sent as
    they are.

    Raises:
        UsageError: a setting is out of its range.
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

    def __post_init__(self) -> None:
        for name, value, valid, range_ in (
            ("max_tokens", self.max_tokens, _at_least(self.max_tokens, 1), "at least 1"),
            ("temperature", self.temperature, _at_least(self.temperature, 0), "0 or above"),
            ("top_p", self.top_p, self.top_p is None or 0 < self.top_p <= 1, "above 0, at most 1"),
            ("stop", self.stop, all(self.stop), "texts that are not empty"),
        ):
            if not valid:
                raise UsageError(f"{name} must be {range_}, not {value!r}")


def _at_least(value: float | None, least: float) -> bool:
    return value is None or least <= value < math.inf
