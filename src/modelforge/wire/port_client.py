"""Sends requests through any chat model: slower than the wire, and the only way to some."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus
from time import monotonic_ns
from typing import TYPE_CHECKING

from modelforge.benchmark.workload import Ask
from modelforge.core.errors import ConnectionFailed, ModelForgeError, RequestError, StreamCut
from modelforge.core.generation import Generation
from modelforge.wire.exchange import Exchange, Finished
from modelforge.wire.failures import broken_off, too_late
from modelforge.wire.port_target import PortTarget
from modelforge.wire.reading import Reading
from modelforge.wire.timed_tokens import TimedTokens

if TYPE_CHECKING:
    from modelforge.core.ports import ChatModel


class PortClient:
    """Fills `exchange.Sender` with a ``core.ports.ChatModel``.

    What the model's own library does between the network and its chunks is part of every moment.
    Bytes and kept connections are not known here: they are reported as 0.

    Args:
        target: how to get the model.
        finished: told of every exchange that is over.
        timeout_s: the longest that an answer may take from when it was sent.
        most_connections: requests in flight at once.
        keep_text: gather the texts of the answers.
    """

    def __init__(
        self,
        target: PortTarget,
        finished: Finished,
        *,
        timeout_s: float,
        most_connections: int,
        keep_text: bool = False,
    ) -> None:
        self._target = target
        self._finished = finished
        self._timeout_s = timeout_s
        self._most = most_connections
        self._keep_text = keep_text
        self._waiting: deque[Exchange] = deque()
        self._asking: dict[asyncio.Task[None], Exchange] = {}
        self._model: ChatModel | None = None

    @property
    def in_flight(self) -> int:
        """How many requests are sent, or wait to be."""
        return len(self._asking) + len(self._waiting)

    async def open(self, connections: int) -> None:  # noqa: ARG002 (the library's own affair)
        """Get the model, and have it made ready.

        Raises:
            RequestError: it cannot be had.
        """
        try:
            self._model = self._target.open()
            await self._model.prepare()
        except RequestError:
            raise
        except ModelForgeError as error:
            raise ConnectionFailed(str(error), retryable=False) from None

    def prepare(self, ask: Ask) -> int:  # noqa: ARG002 (the model writes its requests itself)
        """Nothing."""
        return 0

    def send(self, exchange: Exchange) -> None:
        """Send it now, or once fewer are in flight."""
        self._waiting.append(exchange)
        self._send_more()

    def abandon(self) -> None:
        """Break off what is in flight."""
        for task, exchange in list(self._asking.items()):
            task.cancel()
            if not exchange.sent_ns:  # it was to begin in the next turn, and never will
                del self._asking[task]
                self._waiting.append(exchange)
        while self._waiting:
            exchange = self._waiting.popleft()
            exchange.sent_ns = now_ns = monotonic_ns()
            reading = Reading(error=broken_off())
            self._finished(exchange, reading, done_ns=now_ns, received=0)

    async def close(self) -> None:
        """Let go of what is still asked."""
        asking = list(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    def _send_more(self) -> None:
        while self._waiting and len(self._asking) < self._most:
            exchange = self._waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._exchange(exchange))
            self._asking[task] = exchange
            task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._asking.pop(task, None)

    async def _exchange(self, exchange: Exchange) -> None:
        tokens = TimedTokens(keep_text=self._keep_text)
        exchange.sent_ns = monotonic_ns()
        error: RequestError | None = None
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._read(exchange.ask, tokens)
        except TimeoutError:
            error = too_late(self._timeout_s)
        except asyncio.CancelledError:
            error = broken_off()
        except RequestError as failure:
            error = failure
        except ModelForgeError as failure:
            error = StreamCut(str(failure))
        done_ns = monotonic_ns()
        task = asyncio.current_task()
        if task is not None:
            self._forget(task)
        status = 0 if error is not None else HTTPStatus.OK
        reading = tokens.reading(status=status, finished=error is None, error=error)
        if error is not None:
            error.args = (self._redacted(str(error)),)
        self._finished(exchange, reading, done_ns=done_ns, received=0)
        self._send_more()

    async def _read(self, ask: Ask, tokens: TimedTokens) -> None:
        assert self._model is not None  # noqa: S101 (opened before anything is sent)
        stream = self._model.stream(ask.prompt, self._generation(ask), repeat=0)
        async with aclosing(stream) as arrivals:
            async for arrival in arrivals:
                at_s = arrival.at_s  # None: it was not timed, and is now
                tokens.add(arrival.events, monotonic_ns() if at_s is None else int(at_s * 1e9))

    def _generation(self, ask: Ask) -> Generation:
        generation = self._target.generation
        if ask.max_tokens is None:
            return generation
        return replace(generation, max_tokens=ask.max_tokens)

    def _redacted(self, text: str) -> str:
        text = self._target.redact(text)
        return text if self._model is None else self._model.redact(text)
