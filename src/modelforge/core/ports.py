"""The doors that adapters fill: engines know these and nothing behind them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol, runtime_checkable

from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Prompt

Clock = Callable[[], float]
"""Seconds on a monotonic clock."""


class ChatModel(Protocol):
    """A model that can be asked."""

    @property
    def id(self) -> ModelId:
        """Its name."""
        ...

    async def prepare(self) -> None:
        """Do what need not be timed (start a local server); may be called often.

        Raises:
            RequestError: the model cannot be had.
        """
        ...

    def redact(self, text: str, /) -> str:
        """``text`` without the secrets that this model's requests carry, should it repeat them."""
        ...

    def stream(
        self, prompt: Prompt, generation: Generation, *, repeat: int = 0
    ) -> AsyncGenerator[Arrival]:
        """Send ``prompt`` and yield what arrives until the answer is complete.

        Whoever stops before its end closes the generator, and with it the request.

        ``repeat`` tells the repetitions of one request apart, from 0. It is never sent: it keeps
        two of them from being taken for one.

        Raises:
            RequestError: while iterating; what was yielded before stands.
        """
        ...


@runtime_checkable
class Recalling(Protocol):
    """A ``ChatModel`` that keeps answers."""

    async def recall(
        self, prompt: Prompt, generation: Generation, *, repeat: int = 0
    ) -> Arrival | None:
        """The whole answer to what ``stream`` would send, if it is kept; nothing is sent."""
        ...


class Endpoint(Protocol):
    """Where a model's server listens."""

    async def base_url(self) -> str:
        """The URL its paths stand under, without a trailing slash.

        A local server is started by the first call and shared by all; call it as often as needed.

        Raises:
            RequestError: the server could not be started, or has died.
        """
        ...
