"""Which API a path speaks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from modelforge.simulator.anthropic_wire import AnthropicWire
from modelforge.simulator.openai_wire import OpenAIWire
from modelforge.simulator.wire import Wire

_MESSAGES: Final = "/v1/messages"
_ANTHROPIC: Final = AnthropicWire()
_OPENAI: Final = OpenAIWire(chat=True)

ANSWERING: Final[Mapping[str, Wire]] = MappingProxyType(
    {
        "/v1/chat/completions": _OPENAI,
        "/v1/completions": OpenAIWire(chat=False),
        _MESSAGES: _ANTHROPIC,
    }
)
"""The paths under which a model answers."""


def wire_of(path: str, *, anthropic: bool) -> Wire:
    """The API that an answer to ``path`` is shaped by, be it a refusal.

    Args:
        path: without a query.
        anthropic: whether the client sends that API's headers; it decides the paths of both.
    """
    if path in ANSWERING:
        return ANSWERING[path]
    return _ANTHROPIC if anthropic or path.startswith(f"{_MESSAGES}/") else _OPENAI
