"""A model that answers from the cache what it was asked before."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime

from modelforge.cache.cache import AnswerCache
from modelforge.cache.kept_answer import KeptAnswer
from modelforge.cache.key import RequestIdentity, request_key
from modelforge.compare.answer import Gathered
from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import ChatModel, Clock
from modelforge.core.prompt import Prompt

Identify = Callable[[Prompt, Generation], RequestIdentity]
"""What a request is, before it is sent."""

Now = Callable[[], datetime]
"""The date, with its time zone."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CachedModel:
    """Fills ``core.ports.ChatModel`` with another model and a cache in front of it.

    Only a complete answer is kept: one that failed, was cut off, timed out or was interrupted is
    not. The time that the cache takes is never part of a latency: a request that is sent after
    all brings the moment at which it was (``Arrival.sent_s``).
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        cache: AnswerCache,
        identify: Identify,
        clock: Clock,
        refresh: bool = False,
        now: Now = _utc_now,
    ) -> None:
        """``refresh``: find nothing, ask, and replace what is kept."""
        self._model = model
        self._cache = cache
        self._identify = identify
        self._clock = clock
        self._refresh = refresh
        self._now = now

    @property
    def id(self) -> ModelId:
        """Its name."""
        return self._model.id

    async def prepare(self) -> None:
        """As the model does."""
        await self._model.prepare()

    def redact(self, text: str, /) -> str:
        """As the model itself does."""
        return self._model.redact(text)

    async def recall(
        self, prompt: Prompt, generation: Generation, *, repeat: int = 0
    ) -> Arrival | None:
        """Fills ``core.ports.Recalling``.

        Raises:
            UsageError: as the model does for what it cannot be asked.
        """
        return await self._kept(self._key(prompt, generation, repeat))

    async def stream(
        self, prompt: Prompt, generation: Generation, *, repeat: int = 0
    ) -> AsyncGenerator[Arrival]:
        """What is kept at once, or ask; see ``core.ports.ChatModel``."""
        key = self._key(prompt, generation, repeat)
        if (kept := await self._kept(key)) is not None:
            yield kept
            return
        asked_at, sent_s = self._now(), self._clock()
        gathered = Gathered(due_s=sent_s)
        arrivals = self._model.stream(prompt, generation, repeat=repeat)
        first = True
        try:
            async for arrival in arrivals:
                gathered.add(arrival)
                yield replace(arrival, sent_s=arrival.sent_s or sent_s) if first else arrival
                first = False
        finally:
            await arrivals.aclose()
        if key is not None:
            response = gathered.response(self._model, sent_s=sent_s, failed_s=None)
            calls = tuple(
                replace(call, id=self._model.redact(call.id)) for call in response.tool_calls
            )
            self._cache.keep(key, KeptAnswer.of(replace(response, tool_calls=calls), asked_at))

    async def _kept(self, key: str | None) -> Arrival | None:
        kept = None if key is None or self._refresh else await self._cache.get(key)
        return None if kept is None else kept.arrival(self._clock())

    def _key(self, prompt: Prompt, generation: Generation, repeat: int) -> str | None:
        identity = self._identify(prompt, generation)
        try:
            return request_key(identity, repeat)
        except (TypeError, ValueError):
            return None  # what cannot be written as JSON cannot be sent: the model says so itself
