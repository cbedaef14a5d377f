"""One client's connection: HTTP/1.1 in, one answer after the other out."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from typing import Final, cast

import httptools

from modelforge.simulator.answer import Answer
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.routes import HttpRequest, Routes, refusal

MAX_BODY_BYTES: Final = 16 * 2**20
_MAX_HEAD_BYTES: Final = 64 * 2**10
_MAX_PIPELINED: Final = 16
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class HttpConnection(asyncio.Protocol):
    """Reads requests, which may be pipelined, and has them answered in their order.

    Fills ``line.Line`` for the answer that is under way. ``connections`` are all that are open.
    """

    def __init__(self, routes: Routes, connections: set[HttpConnection]) -> None:
        self._routes = routes
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()
        self._pending: deque[tuple[HttpRequest | ApiError, bool]] = deque()
        self._deaf = False  # after a refusal nothing more is read
        self._busy = False
        self._keep_alive = True
        self._closing = False
        self._answer: Answer | None = None
        self._forget_message()

    # The connection -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        """Called by the event loop."""
        self._closing = True
        self._connections.discard(self)
        self._pending.clear()
        if self._answer is not None:
            self._answer.abandon()
            self._answer = None

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._closing or self._deaf:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(ApiError(400, "this server speaks nothing but HTTP/1.1"))
        except httptools.HttpParserError as error:
            self._refuse(ApiError(400, f"this is not HTTP: {error}"))
        self._head_bytes += 0 if self._head_done else len(data)
        if self._head_bytes > _MAX_HEAD_BYTES:
            self._refuse(ApiError(431, "the head of the request is too large"))

    def abort(self) -> None:
        """Close without another byte."""
        self._transport.abort()

    # The parser -----------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._forget_message()

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects = True
        elif name == b"content-length" and value.isdigit() and int(value) > MAX_BODY_BYTES:
            self._too_large = True

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._head_done = True
        self._head_bytes = 0
        if self._too_large:
            self._refuse_body()
        elif self._expects and not self._busy:
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refuse_body()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._head_done = False
        if self._deaf:
            return
        request = HttpRequest(
            method=self._parser.get_method().decode("latin-1"),
            path=self._url.decode("latin-1").partition("?")[0],
            body=b"".join(self._body),
        )
        self._body.clear()
        self._queue(request, keep_alive=self._parser.should_keep_alive())

    # The answer -----------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Fills ``Line``."""
        self._transport.write(data)

    def end(self) -> None:
        """Fills ``Line``."""
        self._answer = None
        self._busy = False
        if not self._keep_alive:
            self.drop()
        elif self._pending:
            self._loop.call_soon(self._start_next)  # not from within the answer that ends

    def drop(self) -> None:
        """Fills ``Line``."""
        self._closing = True
        self._transport.close()

    def reset(self) -> None:
        """Fills ``Line``."""
        # A copy of the descriptor: transports let nobody set options on their own socket.
        with socket.socket(fileno=os.dup(self._transport.get_extra_info("socket").fileno())) as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self._closing = True
        self._transport.abort()

    def _queue(self, request: HttpRequest | ApiError, *, keep_alive: bool) -> None:
        self._pending.append((request, keep_alive))
        if not self._busy:
            self._start_next()
        elif len(self._pending) >= _MAX_PIPELINED:
            self._transport.pause_reading()

    def _start_next(self) -> None:
        if self._busy or self._closing or not self._pending:
            return
        request, self._keep_alive = self._pending.popleft()
        if len(self._pending) == _MAX_PIPELINED // 2:
            self._transport.resume_reading()
        self._busy = True
        if isinstance(request, ApiError):
            self.write(refusal(request, Connection="close"))
            self.end()
            return
        answer = self._routes.answer(request, self)
        if self._busy:
            self._answer = answer

    def _forget_message(self) -> None:
        self._url = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._head_done = False
        self._expects = False
        self._too_large = False

    def _refuse_body(self) -> None:
        self._refuse(ApiError(413, f"the body is larger than {MAX_BODY_BYTES} bytes"))

    def _refuse(self, error: ApiError) -> None:
        """Answer when its turn comes, then close."""
        if not self._deaf:
            self._deaf = True
            self._queue(error, keep_alive=False)
