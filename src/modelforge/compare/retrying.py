"""A request that is sent again where the fault may pass."""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    wait_exponential,
)

from modelforge.compare.deadlines import Deadlines, within
from modelforge.compare.gate import Turn
from modelforge.core.errors import RateLimited, RequestError
from modelforge.core.events import Arrival
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import ChatModel, Clock
from modelforge.core.prompt import Prompt

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0

_Begun = tuple[Arrival | None, AsyncGenerator[Arrival]]

Sleep = Callable[[float], Awaitable[None]]

PayAgain = Callable[[RequestError], Awaitable[bool]]
"""Pays for a request that failed and sets aside for the next; False: there is no money for it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """How often a request is sent again, and after how long.

    The wait before retry *n* is drawn evenly from 0 to ``FIRST_WAIT_S`` x 2^(n-1) seconds, at
    most ``LONGEST_WAIT_S`` ("full jitter": clients that failed together do not come back
    together), and is never shorter than the server asked for.

    Attributes:
        max_retries: at most so many times; 0: never.
        random: draws from [0, 1).
        sleep: waits so many seconds.
    """

    max_retries: int = 0
    random: Callable[[], float] = random.random
    sleep: Sleep = asyncio.sleep


class RetryingModel:
    """Fills ``core.ports.ChatModel`` for one answer, over as many requests as that takes.

    A request is repeated only when nothing of its answer had arrived and its error is
    ``retryable``, and only if the wait ends before ``deadline_s``. Each one takes a turn of its
    own, and none holds one while it waits.

    Attributes:
        sent_s: when the latest request was sent.
        failed_s: when it failed, while it waits to be sent again; else None.
        failure: why it failed; None at first.
        retries: how many requests followed the first.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        policy: RetryPolicy,
        deadlines: Deadlines,
        deadline_s: float,
        clock: Clock,
        turn: Turn | None = None,
        pay_again: PayAgain | None = None,
    ) -> None:
        """``turn`` has been taken for the first request, and stays the caller's to end."""
        self._model = model
        self._policy = policy
        self._deadlines = deadlines
        self._deadline_s = deadline_s
        self._clock = clock
        self._turn = turn
        self._pay_again = pay_again
        self._unpaid = False
        self._hopeless_wait_s: float | None = None
        self.sent_s = clock()
        self.failed_s: float | None = None
        self.failure: RequestError | None = None
        self.retries = 0

    @property
    def id(self) -> ModelId:
        """The model's."""
        return self._model.id

    async def prepare(self) -> None:
        """As the model does."""
        await self._model.prepare()

    def redact(self, text: str, /) -> str:
        """As the model does."""
        return self._model.redact(text)

    async def stream(
        self, prompt: Prompt, generation: Generation, *, repeat: int = 0
    ) -> AsyncGenerator[Arrival]:
        """Ask, again where that may help; see ``core.ports.ChatModel``."""
        attempts = AsyncRetrying(
            stop=self._enough,
            wait=self._wait_s,
            retry=retry_if_exception(_may_pass),
            sleep=self._policy.sleep,
            reraise=True,
        )
        try:
            begun: _Begun = await attempts(self._begin, prompt, generation, repeat)
        except RequestError as error:
            raise self.told(error) from None
        first, rest = begun
        try:
            if first is None:
                return
            yield first
            async for arrival in rest:
                yield arrival
        finally:
            await rest.aclose()

    def told(self, error: RequestError) -> RequestError:
        """``error`` as the last word: it says what was tried."""
        if self._unpaid:
            said = "the limit of costs leaves no room to ask again"
        elif self._hopeless_wait_s is not None:
            said = f"a wait of {self._hopeless_wait_s:,.2g} s would pass --timeout"
            said = f"{said}, so it was not asked again"
        elif self.retries:
            said = "after 1 retry" if self.retries == 1 else f"after {self.retries} retries"
        else:
            return error
        final = copy.copy(error)  # a model may raise one and the same error again
        final.args = (f"{error} ({said})",)
        return final

    async def _begin(self, prompt: Prompt, generation: Generation, repeat: int) -> _Begun:
        """Send the request once; the first that arrives, and what will follow it."""
        if self.failure is not None:
            await self._paid_again(self.failure)
            await self._turn_again(self.failure)
            self.retries += 1
        self.failed_s = None
        self.sent_s = self._clock()
        arrivals = self._model.stream(prompt, generation, repeat=repeat)
        if generation.stream and self._deadlines != Deadlines():
            arrivals = within(self._deadlines, arrivals)
        try:
            return await anext(arrivals, None), arrivals
        except RequestError as error:
            self.failed_s = self._clock()
            self.failure = error
            if self._turn is not None:
                self._turn.leave(error)
            raise

    async def _paid_again(self, failure: RequestError) -> None:
        if self._pay_again is None or await self._pay_again(failure):
            return
        self._unpaid = True
        last = copy.copy(failure)
        last.retryable = False
        raise last

    async def _turn_again(self, failure: RequestError) -> None:
        if self._turn is None:
            return
        try:
            await self._turn.again(patience_s=self._deadline_s - self._clock())
        except RateLimited:  # it was not even sent: what failed is the request before it
            self._hopeless_wait_s = self._turn.held_s
            last = copy.copy(failure)
            last.retryable = False
            raise last from None

    def _wait_s(self, state: RetryCallState) -> float:
        most_s = wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S)(state)
        asked_s = (self.failure and self.failure.retry_after_s) or 0.0
        held_s = self._turn.held_s if self._turn is not None else 0.0
        return max(self._policy.random() * most_s, asked_s, held_s)

    def _enough(self, state: RetryCallState) -> bool:
        if state.attempt_number > self._policy.max_retries:
            return True
        if self._clock() + state.upcoming_sleep < self._deadline_s:
            return False
        self._hopeless_wait_s = state.upcoming_sleep
        return True


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, RequestError) and error.retryable
