"""One worker's part of a run, from the first warm-up request to the last answer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from time import monotonic_ns
from typing import TYPE_CHECKING, Any, Final

from modelforge.benchmark.load import ClosedLoop, Limits, Load, OpenLoop
from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask, Workload
from modelforge.wire.ahead import Ahead
from modelforge.wire.exchange import Exchange, Sender
from modelforge.wire.pacer import Pacer
from modelforge.wire.reading import Reading

if TYPE_CHECKING:
    from modelforge.wire.purse import Purse

_NEVER_NS: Final = 2**62
_AT_FIRST: Final = 64
"""Connections that all workers of an open loop open before the start."""
_A_TURN: Final = 32
"""Clients of a closed loop that begin in one turn of the event loop."""
_BROKEN_OFF_S: Final = 2.0
"""So long a model's own library may take to end what was broken off."""
_UNREACHABLE_S: Final = 0.1
"""How long a closed loop's stream rests after a request that got no answer at all."""


class Run:
    """Asks what the workload says when the load says.

    Args:
        sender: sends; it must report every exchange that is over to `finished`.
        load, limits, workload, seed: of the whole run.
        worker, workers: which part of it is this one's.
        purse: what may be spent; None: there is no limit.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        load: Load,
        limits: Limits,
        workload: Workload,
        seed: int,
        worker: int,
        workers: int,
        purse: Purse | None = None,
    ) -> None:
        self._sender = sender
        self._load = load
        self._think_s = load.think_s if isinstance(load, ClosedLoop) else 0.0
        self._limits = limits
        self._workload = workload
        self._seed = seed
        self._worker = worker
        self._workers = workers
        self._loop = asyncio.get_running_loop()
        self._idle = asyncio.Event()
        self._idle.set()
        self._unfinished = 0
        self._issuing = False
        self._pacer: Pacer | None = None
        self._arriving = False
        self._talks = 0
        self._indices: Iterator[int] = iter(())
        self._ends_ns = _NEVER_NS
        self._ended_ns = 0
        self._unsent = 0
        self._streams = 0
        self._over = asyncio.Event()
        self._purse = purse
        self._unpaid: deque[tuple[int, Ask, int]] = deque()

    async def warm_up(self) -> None:
        """Open the connections and ask what is not measured.

        Raises:
            RequestError: the server cannot be reached.
        """
        await self._sender.open(self._connections())
        own = self._limits.warm_up[self._worker :: self._workers]
        width = max(1, self._connections())
        for first in range(0, len(own), width):
            for index in own[first : first + width]:
                self._send(index, self._workload.ask(index), Phase.WARM_UP, monotonic_ns())
            await self._idle.wait()

    def expect_failure(self) -> None:
        """Ask no more than it takes to see how a server fails that answers nothing."""
        self._limits = self._limits.briefly

    @property
    def lasts_s(self) -> float | None:
        """After how many seconds it begins no more requests; None: its requests end it."""
        return self._limits.duration_s

    async def measure(self, start_ns: int) -> None:
        """Ask from ``start_ns`` on until the load or a limit ends, and let answers come in.

        Nothing is asked if it was stopped before.
        """
        if not self._over.is_set():
            await self._begin(start_ns)
        await self._over.wait()
        await self._cool_down()
        self._ended_ns = max(0, min(self._ends_ns, monotonic_ns()) - start_ns)

    @property
    def window_ns(self) -> tuple[int, int]:
        """When measuring began and ended, since the start."""
        return 0, self._ended_ns

    @property
    def unsent(self) -> int:
        """How many requests of an open loop were due before the end and had not been sent then."""
        return self._unsent

    def stop(self) -> None:
        """Send no more; what is in flight may still be answered. The measurement ends now."""
        self._issuing = False
        self._ends_ns = min(self._ends_ns, monotonic_ns())
        if self._pacer is not None:
            self._unsent += self._pacer.stop(self._ends_ns)
        self._over.set()

    def ended(self, exchange: Exchange, *, done_ns: int) -> None:
        """An answer is complete, and nothing depends on its content: go on."""
        self._unfinished -= 1
        self._rest_if_idle()
        if exchange.stream >= 0:
            self._go_on(exchange.stream, done_ns)

    def finished(self, exchange: Exchange, reading: Reading, *, done_ns: int) -> None:
        """An exchange is over: go on where another waited for it, if it did not go on before."""
        if exchange.ended:
            return
        self._unfinished -= 1
        if self._purse is not None:
            self._purse.settle(exchange, reading)
            self._pay_waiting()
        self._rest_if_idle()
        if exchange.phase is Phase.WARM_UP:
            return
        free_ns = exchange.over_ns or done_ns
        following = None
        if exchange.ask.more and reading.error is None and self._issuing:
            following = self._workload.follow_up(exchange.index, exchange.ask, reading.text)
        if following is not None:
            self._after(free_ns, following.think_s, self._follow_up, exchange, following)
        elif exchange.stream < 0 and exchange.ask.more:
            self._fall_silent()
        elif exchange.stream >= 0:
            unreachable = reading.error is not None and not reading.status
            self._go_on(exchange.stream, free_ns, least_s=_UNREACHABLE_S if unreachable else 0.0)

    def _rest_if_idle(self) -> None:
        if not self._unfinished:
            self._idle.set()

    async def _begin(self, start_ns: int) -> None:
        limits = self._limits
        if limits.duration_s is not None:
            self._ends_ns = start_ns + int(limits.duration_s * 1e9)
            self._loop.call_later(max(0.0, (self._ends_ns - monotonic_ns()) / 1e9), self._end)
        self._issuing = True
        match self._load:
            case ClosedLoop() as load:
                await self._begin_closed(load, start_ns)
            case OpenLoop() as load:
                self._begin_open(load, start_ns)

    def _end(self) -> None:
        """Time is up: what was due in it and only waits for the loop is still sent."""
        if self._pacer is not None:
            self._pacer.catch_up()
        self.stop()

    def _connections(self) -> int:
        load = self._load
        if isinstance(load, ClosedLoop):
            most = load.clients(worker=self._worker, workers=self._workers)
        else:
            most = max(1, _AT_FIRST // self._workers)
        requests = self._limits.requests
        return most if requests is None else min(most, -(-requests // self._workers))

    async def _begin_closed(self, load: ClosedLoop, start_ns: int) -> None:
        clients = load.clients(worker=self._worker, workers=self._workers)
        self._indices = load.indices(self._limits, worker=self._worker, workers=self._workers)
        await asyncio.sleep(max(0.0, (start_ns - monotonic_ns()) / 1e9))
        self._streams = clients
        if not clients:
            self._over.set()
        for stream in range(clients):
            self._ask_next(stream, monotonic_ns())
            if stream % _A_TURN == _A_TURN - 1:
                await asyncio.sleep(0)  # the first answers do not wait for the last requests

    def _go_on(self, stream: int, free_ns: int, *, least_s: float = 0.0) -> None:
        """The stream's answer has ended: it thinks, and asks again."""
        if self._think_s or least_s:
            self._after(free_ns, max(self._think_s, least_s), self._ask_next, stream)
        else:
            self._ask_next(stream, free_ns)

    def _ask_next(self, stream: int, due_ns: int) -> None:
        """The stream's next request is due, and may have been for a while."""
        now_ns = monotonic_ns()
        index = next(self._indices, None) if self._issuing and now_ns < self._ends_ns else None
        if index is None:
            self._streams -= 1
            if not self._streams:
                self._issuing = False
                self._over.set()
            return
        due_ns = min(due_ns, now_ns)  # the loop's timers are early by a part of a millisecond
        self._send(index, self._workload.ask(index), Phase.MEASURED, due_ns, stream)

    def _begin_open(self, load: OpenLoop, start_ns: int) -> None:
        arrivals = load.schedule(
            self._limits, seed=self._seed, worker=self._worker, workers=self._workers
        )
        ahead = Ahead(arrivals, self._compose)
        self._arriving = True

        def arrive(index: int, due_ns: int) -> None:
            ask = ahead.ask(index)
            self._talks += ask.more
            self._send(index, ask, Phase.MEASURED, due_ns)

        def arrived() -> None:
            if arrivals.complete:  # otherwise the run lasts as long as it was to last
                self._arriving = False
                self._end_if_silent()

        self._pacer = Pacer(
            ahead,
            start_ns=start_ns,
            fire=arrive,
            ended=arrived,
            idle=ahead.compose_one,
        )
        self._pacer.start()

    def _compose(self, index: int) -> tuple[Ask, int]:
        ask = self._workload.ask(index)
        return ask, self._sender.prepare(ask)

    def _fall_silent(self) -> None:
        """A conversation of an open loop has had its last turn."""
        self._talks -= 1
        self._end_if_silent()

    def _end_if_silent(self) -> None:
        """End an open loop that nobody arrives at any more, and in which nobody goes on."""
        if not self._arriving and not self._talks:
            self._issuing = False
            self._over.set()

    def _follow_up(self, exchange: Exchange, ask: Ask, due_ns: int) -> None:
        if self._issuing:
            due_ns = min(due_ns, monotonic_ns())  # as in `_ask_next`
            self._send(exchange.index, ask, Phase.MEASURED, due_ns, exchange.stream)
            if exchange.stream < 0 and not ask.more:
                self._fall_silent()
        elif exchange.stream >= 0:
            self._ask_next(exchange.stream, due_ns)  # which ends the stream

    def _after(
        self, free_ns: int, wait_s: float, call: Callable[..., None], *arguments: Any
    ) -> None:
        """Call so long after a moment that may have passed, and say when that was due."""
        due_ns = free_ns + int(wait_s * 1e9)
        left_ns = due_ns - monotonic_ns()
        if left_ns <= 0:
            call(*arguments, due_ns)
        else:
            self._loop.call_later(left_ns / 1e9, partial(call, *arguments, due_ns))

    def _send(self, index: int, ask: Ask, phase: Phase, due_ns: int, stream: int = -1) -> None:
        if self._purse is not None and not self._purse.reserve(ask):
            self._wait_for_pay(index, ask, stream)
            return
        self._unfinished += 1
        self._idle.clear()
        # Whether its content decides what is asked next, or whether anything is.
        urgent = ask.more or phase is Phase.WARM_UP or self._purse is not None
        exchange = Exchange(
            index=index, phase=phase, ask=ask, due_ns=due_ns, stream=stream, urgent=urgent
        )
        self._sender.send(exchange)

    def _wait_for_pay(self, index: int, ask: Ask, stream: int) -> None:
        """A closed loop's request waits until what others did not need is free; when nothing is
        under way, or the request is due now, the run ends.
        """
        if self._unfinished and stream >= 0:
            self._unpaid.append((index, ask, stream))
        elif self._purse is not None:
            self._purse.stop()
            self.stop()

    def _pay_waiting(self) -> None:
        waiting = len(self._unpaid) if self._issuing else 0
        for _ in range(waiting):
            index, ask, stream = self._unpaid.popleft()
            self._send(index, ask, Phase.MEASURED, monotonic_ns(), stream)

    async def _cool_down(self) -> None:
        if not self._limits.discard_in_flight:
            await self._rest(self._limits.cooldown_s)
        self._sender.abandon()
        await self._rest(_BROKEN_OFF_S)

    async def _rest(self, most_s: float) -> None:
        """Wait until nothing is under way, but no longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._idle.wait()
