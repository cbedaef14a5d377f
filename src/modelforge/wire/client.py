"""Sends requests at wire speed over connections of its own."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections import deque
from collections.abc import Callable
from time import monotonic_ns
from typing import Final, cast

from modelforge.benchmark.workload import Ask
from modelforge.core.errors import ConnectionFailed, RequestError, TimedOut
from modelforge.wire.backlog import Backlog, Unread, read_complete
from modelforge.wire.connection import WireConnection
from modelforge.wire.exact_reader import ExactReader
from modelforge.wire.exchange import Ended, Exchange, Finished
from modelforge.wire.failures import broken_off, dropped, too_late
from modelforge.wire.full_reader import FullReader
from modelforge.wire.reading import Reading, Segments
from modelforge.wire.request_writer import RequestWriter
from modelforge.wire.target import Target

_SWEEP_S: Final = 0.1
_SWEPT_AT_ONCE: Final = 32  # in a turn of the loop: segments wait for no more than those
_SILENT_NS: Final = 300_000_000
"""How long an answer that has said its last word may keep its body open."""
_CONNECT_S: Final = 30.0
_CONNECT_AGAIN_S: Final = 2.0  # where one was waited for so long before
_OPEN_AT_ONCE: Final = 64  # the queue of those that a server has to accept may be short
_OWN_LIMITS: Final = {
    errno.EMFILE: "raise `ulimit -n`, or use fewer: --max-connections",
    errno.ENFILE: "this machine has no more of them; use fewer: --max-connections",
    errno.EADDRNOTAVAIL: "this machine has no more ports for it; use fewer: --max-connections",
    errno.ENOBUFS: "this machine has no more memory for it; use fewer: --max-connections",
}
"""What the server has no part in, and what to do then."""


class WireClient:
    """Fills `exchange.Sender`.

    A connection carries one request at a time and is kept. A request for which none is free opens
    one, as long as there are fewer than ``most_connections``, and waits for one to be free after
    that: the wait is in its schedule lag.

    Args:
        target: where to.
        finished: told of every exchange that is over and read.
        ended: told, before that, of those that are complete and will be read later.
        timeout_s: the longest that an answer may take from when it was sent.
        most_connections: at once.
        keep_text: gather the texts of the answers.
        count_events: see `ExactReader`.
        pay_again: asked whether an exchange whose kept connection died may be sent once more, at
            its price; None: it costs nothing. After the first that costs, no connection is kept.
    """

    def __init__(
        self,
        target: Target,
        finished: Finished,
        ended: Ended,
        *,
        timeout_s: float,
        most_connections: int,
        keep_text: bool = False,
        count_events: bool = True,
        pay_again: Callable[[Exchange], bool] | None = None,
    ) -> None:
        self._target = target
        self._finished = finished
        self._ended = ended
        self._timeout_ns = int(timeout_s * 1e9)
        self._timeout_s = timeout_s
        self._most_connections = most_connections
        self._pay_again = pay_again
        self._keeps = True
        self._connect_s = _CONNECT_S
        self.keep_text = keep_text
        self.exact = ExactReader(count_events=count_events) if target.usual else None
        self._writer = RequestWriter(target)
        self._tls = target.tls()
        self._url = target.base_url
        self._idle: list[WireConnection] = []
        self._busy: set[WireConnection] = set()
        self._waiting: deque[Exchange] = deque()
        self._again: deque[Exchange] = deque()  # for a connection of their own
        self._opening: set[asyncio.Task[None]] = set()
        self._sweeping: asyncio.Handle | None = None
        self._unswept: list[WireConnection] = []
        self._loop = asyncio.get_running_loop()
        self._backlog = Backlog(self._tell_ended, self._read)

    @property
    def in_flight(self) -> int:
        """How many requests are sent, or wait for a connection."""
        return len(self._busy) + len(self._waiting) + len(self._again)

    async def open(self, connections: int) -> None:
        """Open so many connections before the clock starts.

        Raises:
            ConnectionFailed, TimedOut: the server cannot be reached.
        """
        wanted = min(connections, self._most_connections)
        while (missing := wanted - len(self._idle)) > 0:
            batch = [self._connect() for _ in range(min(missing, _OPEN_AT_ONCE))]
            try:
                self._idle += await asyncio.gather(*batch)
            except TimedOut:
                self._connect_s = _CONNECT_AGAIN_S
                raise

    def prepare(self, ask: Ask) -> int:
        """Write the request; it is kept until it is sent, within reason."""
        return len(self._writer.request(ask))

    def send(self, exchange: Exchange) -> None:
        """Send it now, on a free connection or on a new one."""
        if self._sweeping is None:
            self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)
        if self._idle:
            self._send_on(self._idle.pop(), exchange)
            return
        self._waiting.append(exchange)
        self._open_if_needed()
        if len(self._opening) >= len(self._waiting) + len(self._again):
            exchange.opening_ns = monotonic_ns()

    def abandon(self) -> None:
        """Break off what is in flight; what is complete is read."""
        self._backlog.read_all()
        error = broken_off()
        for connection in list(self._busy):
            connection.give_up(error)
        self._fail_waiting(error)

    async def close(self) -> None:
        """Let go of every connection."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        for task in self._opening:
            task.cancel()
        for connection in (*self._idle, *self._busy):
            connection.close()
        await asyncio.sleep(0)

    # What connections call; see `connection.Owner`.

    def full_reader(self) -> FullReader:
        """A reader for an answer of any shape."""
        return FullReader(self._target.codec, url=self._url, keep_text=self.keep_text)

    def answered(
        self, connection: WireConnection, exchange: Exchange, reading: Reading, received: int
    ) -> None:
        """An exchange is over."""
        done_ns = connection.last_ns
        self._busy.discard(connection)
        if reading.reusable:
            self._use_again(connection)
        self._tell(exchange, reading, done_ns=done_ns, received=received)

    def ended(
        self, connection: WireConnection, exchange: Exchange, segments: Segments, received: int
    ) -> None:
        """An answer is complete: what follows it goes out soon, and then it is read."""
        self._busy.discard(connection)
        self._use_again(connection)
        exchange.ended = True
        self._backlog.add(
            Unread(connection=connection, exchange=exchange, segments=segments, received=received)
        )

    def dropped(self, connection: WireConnection, exchange: Exchange | None) -> None:
        """A connection is gone; a request that it did not even begin to answer is sent again, on a
        new one: a server that closes one kept connection may be closing them all.
        """
        self._busy.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if exchange is not None and self._pay_again is not None:
            self._keep_none()
        if exchange is not None and (self._pay_again is None or self._pay_again(exchange)):
            exchange.opening_ns = exchange.opening_ns or exchange.sent_ns
            self._again.append(exchange)
        elif exchange is not None:
            reading = Reading(error=dropped(self._url))
            self._finished(exchange, reading, done_ns=monotonic_ns(), received=0)
        self._open_if_needed()

    def _keep_none(self) -> None:
        self._keeps = False
        while self._idle:
            self._idle.pop().close()

    def _use_again(self, connection: WireConnection) -> None:
        # Or there was no place for those that need one of their own.
        if not self._keeps or len(self._again) > len(self._opening):
            connection.close()
            self._open_if_needed()
        elif self._waiting:
            self._send_on(connection, self._waiting.popleft())
        else:
            self._idle.append(connection)

    def _tell_ended(self, unread: Unread) -> None:
        self._ended(unread.exchange, done_ns=unread.segments.stamps_ns[-1])

    def _read(self, unread: Unread) -> None:
        segments = unread.segments
        reading = read_complete(
            segments, exact=self.exact, full=self.full_reader, keep_text=self.keep_text
        )
        if not reading.reusable:
            unread.connection.disown()  # what it brings next may belong to this answer
        done_ns = segments.stamps_ns[-1]
        self._tell(unread.exchange, reading, done_ns=done_ns, received=unread.received)

    def _tell(self, exchange: Exchange, reading: Reading, *, done_ns: int, received: int) -> None:
        if reading.error is not None:
            reading.error.args = (self._target.redact(str(reading.error)),)
        self._finished(exchange, reading, done_ns=done_ns, received=received)

    def _send_on(self, connection: WireConnection, exchange: Exchange) -> None:
        self._busy.add(connection)
        connection.send(exchange, self._writer.request(exchange.ask))

    def _open_if_needed(self) -> None:
        """Open one for each that waits, as far as the limit allows."""
        while len(self._opening) < len(self._waiting) + len(self._again):
            if len(self._busy) + len(self._opening) >= self._most_connections:
                return
            task = self._loop.create_task(self._serve_next())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _serve_next(self) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        try:
            connection = await self._connect()
        except RequestError as error:
            self._opening.discard(task)
            self._fail_one(error)
            self._open_if_needed()  # for those that waited for this one
            return
        self._opening.discard(task)
        if self._again or self._waiting:
            self._send_on(connection, self._next_waiting())
        else:
            self._idle.append(connection)

    def _next_waiting(self) -> Exchange:
        return (self._again or self._waiting).popleft()

    async def _connect(self) -> WireConnection:
        host, port = self._target.host, self._target.port
        most_s = min(self._connect_s, self._timeout_s)
        try:
            async with asyncio.timeout(most_s):
                _, connection = await self._loop.create_connection(
                    lambda: WireConnection(self), host, port, ssl=self._tls
                )
        except TimeoutError:
            raise TimedOut(f"no connection to {self._url} within {most_s:g} s") from None
        except ssl.SSLCertVerificationError as error:
            why = error.verify_message
            raise ConnectionFailed(
                f"the certificate of {self._url} is not trusted: {why}", retryable=False
            ) from None
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            own = _OWN_LIMITS.get(error.errno or 0)
            why = f"{why}: {own}" if own else why
            raise ConnectionFailed(
                f"cannot connect to {self._url}: {why}", own_limit=own is not None
            ) from None
        return connection

    def _fail_waiting(self, error: RequestError) -> None:
        while self._again or self._waiting:
            self._fail_one(error)

    def _fail_one(self, error: RequestError) -> None:
        if not self._again and not self._waiting:
            return
        exchange = self._next_waiting()
        exchange.sent_ns = now_ns = monotonic_ns()
        error.args = (self._target.redact(str(error)),)
        self._finished(exchange, Reading(error=error), done_ns=now_ns, received=0)

    def _sweep(self) -> None:
        """End what has fallen silent or takes too long: some in each turn of the loop."""
        now_ns = monotonic_ns()
        unswept = self._unswept = self._unswept or list(self._busy)
        for connection in unswept[-_SWEPT_AT_ONCE:]:
            exchange = connection.exchange
            if exchange is None:
                continue
            if now_ns - exchange.sent_ns > self._timeout_ns:
                connection.give_up(too_late(self._timeout_s))
            elif now_ns - connection.heard_ns > _SILENT_NS:
                connection.hurry()
        del unswept[-_SWEPT_AT_ONCE:]
        if unswept:
            self._sweeping = self._loop.call_soon(self._sweep)
        elif self._busy or self._waiting or self._again or self._opening:
            self._sweeping = self._loop.call_later(_SWEEP_S, self._sweep)
        else:
            self._sweeping = None
