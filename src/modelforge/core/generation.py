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
        UsageError: a setting is out of its range, or of another type.
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
            ("max_tokens", self.max_tokens, _whole(self.max_tokens, 1), "a whole number from 1 up"),
            ("temperature", self.temperature, _at_least(self.temperature, 0), "0 or above"),
            ("top_p", self.top_p, _share(self.top_p), "above 0, at most 1"),
            ("seed", self.seed, _whole(self.seed, -math.inf), "a whole number"),
            ("stop", self.stop, all(map(_said, self.stop)), "texts that are not empty"),
        ):
            if not valid:
                raise UsageError(f"{name} must be {range_}, not {value!r:.80}")


def _whole(value: Any, least: float) -> bool:
    return value is None or (_is(value, int) and value >= least)


def _at_least(value: Any, least: float) -> bool:
    return value is None or (_is(value, int | float) and least <= value < math.inf)


def _share(value: Any) -> bool:
    return value is None or (_is(value, int | float) and 0 < value <= 1)


def _said(text: Any) -> bool:
    return isinstance(text, str) and bool(text)


def _is(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
