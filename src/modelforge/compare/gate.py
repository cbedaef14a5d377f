"""The gate of a provider: who may send now, and who has to wait."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from typing import Final

from modelforge.compare.width import AdaptiveWidth
from modelforge.core.errors import ModelForgeError, RateLimited, RequestError
from modelforge.core.ports import Clock

_EARLY_S: Final = 1e-9


class Gate:
    """Lets requests of one provider through, in the order in which they first asked.

    Two limits hold together. No more than ``limit`` answers are begun and not ended, those that
    wait to be asked again included, so that a provider that refuses everything does not pull a
    whole prompt file into memory. And no more requests are on their way than ``AdaptiveWidth``
    allows. While the provider has asked to wait, nothing passes.
    """

    def __init__(self, limit: int, *, clock: Clock) -> None:
        self._places = asyncio.Semaphore(limit)
        self._width = AdaptiveWidth(limit)
        self._clock = clock
        self._sent = 0
        self._asked = 0
        self._held_until_s = 0.0
        self._waiting: list[_Waiter] = []
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def width(self) -> int:
        """How many requests may be on their way at once, now."""
        return self._width.width

    @property
    def held_s(self) -> float:
        """For how long the provider has asked to be left alone, from now."""
        return max(0.0, self._held_until_s - self._clock())

    async def enter(self, *, patience_s: float) -> Turn:
        """Wait for a turn, and take it.

        Raises:
            RateLimited: the provider asks to wait for longer than ``patience_s``.
        """
        await self._places.acquire()
        self._asked += 1
        turn = Turn(self, self._asked)
        try:
            await turn.again(patience_s=patience_s)
        except BaseException:
            self._places.release()
            raise
        return turn

    async def _pass(self, number: int, patience_s: float) -> int:
        """Wait until the request ``number`` may be sent; returns the round it is sent in."""
        if not self._waiting and self._open():
            self._sent += 1
            return self._width.round
        while True:
            self._refuse_if_hopeless(patience_s)
            sent_in = await self._admitted(number, patience_s)
            if self.held_s <= _EARLY_S:
                return sent_in
            self._sent -= 1  # told to wait between being let through and going: it waits again

    async def _admitted(self, number: int, patience_s: float) -> int:
        """Stand in the queue until ``_admit`` lets it through; returns the round."""
        waiter = _Waiter(
            number=number,
            patience_s=patience_s,
            passed=asyncio.get_running_loop().create_future(),
        )
        heapq.heappush(self._waiting, waiter)
        self._admit()
        try:
            return await waiter.passed
        except asyncio.CancelledError:
            if waiter.passed.done() and not waiter.passed.cancelled():
                if waiter.passed.exception() is None:
                    self._sent -= 1
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
            self._admit()
            raise

    def _left(self, sent_in: int, error: BaseException | None, *, sent: bool) -> None:
        """A request ended: answered, when ``error`` is None, if it was ``sent`` at all."""
        self._sent -= 1
        if error is None and sent:
            self._width.succeeded(sent_in)
        if isinstance(error, RateLimited):
            self._width.refused(sent_in)
        if isinstance(error, RequestError) and error.retry_after_s is not None:
            self._hold(error.retry_after_s)
        self._admit()

    def _ended(self) -> None:
        self._places.release()

    def _hold(self, wait_s: float) -> None:
        self._held_until_s = max(self._held_until_s, self._clock() + wait_s)
        patient = []
        for waiter in self._waiting:
            try:
                self._refuse_if_hopeless(waiter.patience_s)
            except RateLimited as error:
                if not waiter.passed.done():
                    waiter.passed.set_exception(error)
            else:
                patient.append(waiter)
        self._waiting = patient
        heapq.heapify(self._waiting)

    def _refuse_if_hopeless(self, patience_s: float) -> None:
        if self.held_s > patience_s:
            raise RateLimited(
                f"not sent: the provider asked to wait {self.held_s:,.0f} s,"
                " which is longer than an answer may take; try later, or allow more with --timeout",
                retryable=False,
            )

    def _open(self) -> bool:
        return self._sent < self._width.width and self.held_s <= _EARLY_S

    def _admit(self) -> None:
        """Let pass who may, and come back when the provider's wait is over."""
        while self._waiting and self._open():
            waiter = heapq.heappop(self._waiting)
            if not waiter.passed.done():
                self._sent += 1
                waiter.passed.set_result(self._width.round)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._waiting and self.held_s > _EARLY_S:
            self._alarm = asyncio.get_running_loop().call_later(self.held_s, self._admit)


@dataclass(order=True, kw_only=True, slots=True)
class _Waiter:
    """Someone at the gate."""

    number: int
    patience_s: float = field(compare=False)
    passed: asyncio.Future[int] = field(compare=False)


class Turn:
    """One answer's place at the gate; it passes once for each time that it is asked."""

    def __init__(self, gate: Gate, number: int) -> None:
        self._gate = gate
        self._number = number
        self._sent_in: int | None = None

    @property
    def held_s(self) -> float:
        """For how long nothing of the provider may be sent, from now."""
        return self._gate.held_s

    async def again(self, *, patience_s: float) -> None:
        """Wait until it may be sent.

        Raises:
            RateLimited: the provider asks to wait for longer than ``patience_s``.
        """
        self._sent_in = await self._gate._pass(self._number, patience_s)  # noqa: SLF001 (one unit)

    def leave(self, error: ModelForgeError | None, *, sent: bool = True) -> None:
        """The request ended, with ``error`` if it was not answered; once is enough.

        One that turned out not to be ``sent`` says nothing of what the provider can take.
        """
        if self._sent_in is not None:
            sent_in, self._sent_in = self._sent_in, None
            self._gate._left(sent_in, error, sent=sent)  # noqa: SLF001 (one unit)

    def end(self, error: ModelForgeError | None, *, sent: bool = True) -> None:
        """The answer ended, see ``leave``; to be called once."""
        self.leave(error, sent=sent)
        self._gate._ended()  # noqa: SLF001 (one unit)
