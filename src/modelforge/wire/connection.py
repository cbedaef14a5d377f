"""One connection: sends a request, stamps every segment of the answer, and reads it at its end."""

from __future__ import annotations

import asyncio
import os
from time import monotonic_ns
from typing import Protocol, cast

from modelforge.core.errors import Interrupted, RequestError
from modelforge.wire.exact_reader import ExactReader
from modelforge.wire.exchange import Exchange
from modelforge.wire.full_reader import FullReader
from modelforge.wire.reading import Reading, Segments

_END = b"\r\n\r\n"  # of a body in chunks, with or without trailers
_LAST_WORDS = b"data: [DONE]\n\n\r\n0\r\n\r\n"
_MOST_HELD_BYTES = 4 * 2**20  # of an answer; beyond that it is read as it comes


class Owner(Protocol):
    """Who is told what becomes of a connection's exchanges."""

    exact: ExactReader | None
    keep_text: bool

    def full_reader(self) -> FullReader:
        """A reader for an answer of any shape."""
        ...

    def answered(
        self, connection: WireConnection, exchange: Exchange, reading: Reading, received: int
    ) -> None:
        """An exchange is over; ``connection`` may be used again if the reading says so."""
        ...

    def ended(
        self, connection: WireConnection, exchange: Exchange, segments: Segments, received: int
    ) -> None:
        """An answer is complete and not read; ``connection`` may be used again."""
        ...

    def dropped(self, connection: WireConnection, exchange: Exchange | None) -> None:
        """The connection is gone; ``exchange`` was sent on it and got not one byte."""
        ...


class WireConnection(asyncio.Protocol):
    """Speaks HTTP/1.1, one request at a time.

    What happens to a segment as it arrives is a stamp, two appends and a comparison. All reading is
    done when the end of the body is there, or at once if the answer cannot have the usual shape;
    and later still where the protocol's last words are in that end and nothing depends on the rest.

    Attributes:
        last_ns: when the latest byte of the latest answer arrived.
    """

    __slots__ = (
        "_exact",
        "_exchange",
        "_fd",
        "_full",
        "_owner",
        "_partly",
        "_pieces",
        "_received",
        "_stamps_ns",
        "_transport",
        "_used",
        "last_ns",
    )

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._exact = owner.exact
        self._exchange: Exchange | None = None
        self._full: FullReader | None = None
        self._pieces: list[bytes] = []
        self._stamps_ns: list[int] = []
        self._received = 0
        self._used = False
        self._partly = False
        self._fd = -1
        self.last_ns = 0

    @property
    def heard_ns(self) -> int:
        """When anything was last sent or received."""
        return self._stamps_ns[-1] if self._stamps_ns else self.last_ns

    @property
    def exchange(self) -> Exchange | None:
        """What is under way on it."""
        return self._exchange

    def send(self, exchange: Exchange, request: bytes) -> None:
        """Send ``request`` and read what answers it."""
        self._exchange = exchange
        self._full = None
        self._pieces = []
        self._stamps_ns = []
        self._received = 0
        exchange.reused = self._used
        exchange.sent_ns = self.last_ns = monotonic_ns()
        if self._fd >= 0:
            # At once: a transport would write at the end of the loop's turn, after this stamp.
            try:
                written = os.write(self._fd, request)
            except OSError:
                written = 0  # the transport finds out what it is
            if written == len(request):
                return
            request = request[written:]
        self._partly = True
        self._transport.write(request)

    def hurry(self) -> None:
        """End an answer that has said its last word but not ended its body, and is silent now."""
        exchange = self._exchange
        if exchange is None:
            return
        if self._pieces or self._full is not None:
            full = self._replayed()
            if full.complete or full.has_ended:
                exchange.over_ns = monotonic_ns()
                self._end(exchange, full.reading())

    def give_up(self, error: RequestError) -> None:
        """End the exchange with ``error``, and the connection with it."""
        exchange = self._exchange
        if exchange is None:
            return
        full = self._replayed()
        reading = full.reading()
        if reading.error is None or isinstance(error, Interrupted):
            reading.error = error
        reading.reusable = False
        self.last_ns = monotonic_ns()
        self._end(exchange, reading)

    def close(self) -> None:
        """Close the connection without a word."""
        self._transport.abort()

    def disown(self) -> None:
        """Close it; what is under way on it was not answered, whatever has arrived."""
        self._full = None
        self._pieces = []
        self._stamps_ns = []
        self._received = 0
        self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast("asyncio.Transport", transport)
        if transport.get_extra_info("sslcontext") is None:
            self._fd = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        """A segment."""
        stamp_ns = monotonic_ns()
        pieces = self._pieces
        if self._full is None and (pieces or self._begins_exactly(data)):
            pieces.append(data)
            self._stamps_ns.append(stamp_ns)
            self._received += len(data)
            if data.endswith(_END) or (len(data) < len(_END) and self._ends()):
                self._read(stamp_ns)
            elif self._received > _MOST_HELD_BYTES:
                self._read_on()
        elif self._exchange is not None:
            self._feed(data, stamp_ns)
        else:
            self._transport.abort()  # nobody asked

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (the protocol's)
        """It is closed."""
        exchange, self._fd = self._exchange, -1
        if exchange is not None:
            if not self._received and self._used:
                self._exchange = None
                self._owner.dropped(self, exchange)
                return
            full = self._replayed()
            self.last_ns = monotonic_ns()
            full.end(self.last_ns)
            reading = full.reading()
            reading.reusable = False
            self._end(exchange, reading)
        self._owner.dropped(self, None)

    def _begins_exactly(self, data: bytes) -> bool:
        exact = self._exact
        return exact is not None and self._exchange is not None and exact.may_read(data)

    def _ends(self) -> bool:
        """Whether the end of the body came in several small segments."""
        return b"".join(self._pieces[-len(_END) :]).endswith(_END)

    def _read(self, stamp_ns: int) -> None:
        """The last piece may be the end of the answer."""
        exchange, exact = self._exchange, self._exact
        if exchange is None or exact is None:
            self._transport.abort()
            return
        if len(self._pieces) == 1 and self._pieces[0].find(_END) == self._received - len(_END):
            return  # the head alone ends so too
        segments = Segments(pieces=self._pieces, stamps_ns=self._stamps_ns)
        if not exchange.urgent and not self._partly and segments.pieces[-1].endswith(_LAST_WORDS):
            self.last_ns = stamp_ns
            self._be_free()
            self._owner.ended(self, exchange, segments, self._received)
            return
        reading = exact.read(segments, keep_text=self._owner.keep_text)
        if reading is None:
            self._read_on()
            return
        self.last_ns = stamp_ns
        self._end(exchange, reading)

    def _read_on(self) -> None:
        """Leave the answer to the full reader, from its first byte on."""
        exchange, full = self._exchange, self._replayed()
        if exchange is not None and full.complete:
            self._end(exchange, full.reading())

    def _feed(self, data: bytes, stamp_ns: int) -> None:
        if self._full is None:
            self._full = self._owner.full_reader()
        exchange, full = self._exchange, self._full
        self._received += len(data)
        if exchange is None:
            return
        self.last_ns = stamp_ns
        if full.feed(data, stamp_ns):
            self._end(exchange, full.reading())

    def _replayed(self) -> FullReader:
        """The full reader, which has read all that was received."""
        full = self._full
        if full is None:
            full = self._full = self._owner.full_reader()
            self.last_ns = self.heard_ns
            full.feed_all(Segments(pieces=self._pieces, stamps_ns=self._stamps_ns))
            self._pieces, self._stamps_ns = [], []
        return full

    def _be_free(self) -> None:
        self._exchange = None
        self._full = None
        self._pieces = []
        self._used = True

    def _end(self, exchange: Exchange, reading: Reading) -> None:
        self._be_free()
        if self._partly:
            # The rest of a request that was answered early would stand before the next one.
            reading.reusable &= not self._transport.get_write_buffer_size()
            self._partly = False
        if not reading.reusable:
            self._transport.abort()
        self._owner.answered(self, exchange, reading, self._received)
