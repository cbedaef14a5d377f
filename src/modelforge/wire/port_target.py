"""A model that has no address of its own: how a worker process gets hold of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from modelforge.core.generation import Generation
from modelforge.core.ports import ChatModel


@dataclass(frozen=True, kw_only=True, slots=True)
class PortTarget:
    """A chat model that each worker makes for itself.

    Attributes:
        open: makes it; a function that can be pickled, called once in each worker. It may raise
            ModelForgeError where the model cannot be had.
        generation: how to answer; a request's own length replaces its ``max_tokens``.
        secrets: what must not be repeated in a message.
    """

    open: Callable[[], ChatModel] = field(repr=False)
    generation: Generation = field(default_factory=Generation)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def redact(self, text: str) -> str:
        """``text`` without the secrets."""
        for secret in self.secrets:
            text = text.replace(secret, "[redacted]")
        return text
