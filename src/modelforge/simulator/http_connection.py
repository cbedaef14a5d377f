"""One client's connection: HTTP/1.1 or 1.0 in, one answer after the other out."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import struct
from collections import deque
from typing import Final, cast

import httptools

from modelforge.simulator.answer import Answer
from modelforge.simulator.api_error import ApiError, server_failed
from modelforge.simulator.crash import log_crash
from modelforge.simulator.delivery import Delivery
from modelforge.simulator.http_request import HttpRequest
from modelforge.simulator.routes import Routes
from modelforge.simulator.wires import wire_of

MAX_BODY_BYTES: Final = 16 * 2**20
_MAX_HEAD_BYTES: Final = 64 * 2**10
_MAX_PIPELINED: Final = 16
_LINGER_S: Final = 5.0
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_LINGER_NOT: Final = struct.pack("ii", 1, 0)
_REQUEST_LINE: Final = re.compile(rb"[A-Za-z-]+ \S+ HTTP/1\.[01]\r?\n")


class HttpConnection(asyncio.Protocol):
    """Reads requests, which may be pipelined, and has them answered in their order.

    Fills ``line.Line`` for the answer that is under way. ``connections`` are all that are open.
    A request that cannot be read to its end is refused when its turn comes, and is the last.
    """

    def __init__(self, routes: Routes, connections: set[HttpConnection]) -> None:
        self._routes = routes
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()
        self._pending: deque[HttpRequest] = deque()
        self._deaf = False  # after a refusal nothing more is read
        self._busy = False
        self._closing = False
        self._eof = False
        self._answer: Answer | None = None
        self._linger: asyncio.TimerHandle | None = None
        self._in_message = False
        self._ended_one = False
        self.delivery = Delivery()
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
        if self._linger is not None:
            self._linger.cancel()
        if self._answer is not None:
            self._answer.abandon()
            self._answer = None

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        if self._closing or self._deaf:
            return
        self._ended_one = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._pass_over_offer(data[offer.args[0] :])
        except httptools.HttpParserCallbackError as error:
            log_crash("to read a request", error)
            self._refuse(server_failed())
        except httptools.HttpParserInvalidMethodError as error:
            known = not self._ended_one and _REQUEST_LINE.match(data)
            self._refuse(_unknown_method() if known else _not_http(error))
        except httptools.HttpParserError as error:
            self._refuse(_not_http(error))
        # Of a read that also ended another message, nobody knows how much was this head's.
        if self._in_message and not self._head_done and not self._ended_one:
            self._count_head(len(data))

    def eof_received(self) -> bool:
        """Called by the event loop; a client that is to be answered no more is gone."""
        self._eof = True
        if self._busy or self._deaf or self._closing or not self._in_message:
            return False
        self._refuse(ApiError(400, "the connection ended before the request did"))
        return True

    def abort(self) -> None:
        """Close without another byte."""
        self._transport.abort()

    # The parser -----------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._forget_message()
        self._in_message = True

    def on_url(self, url: bytes) -> None:
        """Called by the parser."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, for trailers too."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > _MAX_HEAD_BYTES:
            self._refuse_head()
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self._expects = True
        elif name == b"anthropic-version":
            self._anthropic = True
        elif name in {b"content-length", b"transfer-encoding"}:
            self._framing += b"%b: %b\r\n" % (name, value)
            if value.isdigit():
                self._too_large = int(value[:20]) > MAX_BODY_BYTES

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._head_done = True
        if self._deaf:
            return
        if self._too_large:
            self._refuse_body()
        elif self._expects and not self._busy and self._parser.get_http_version() != "1.0":
            self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._deaf:
            return
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._refuse_body()
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._parser.should_upgrade():
            return  # it has only stopped reading
        self._in_message = False
        self._ended_one = True
        if not self._deaf:
            self._queue(self._request())
        self._body.clear()

    # The answer -----------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Fills ``Line``."""
        self._transport.write(data)

    def end(self) -> None:
        """Fills ``Line``."""
        self._answer = None
        self._busy = False
        if self._deaf and not self._pending:
            self._close_heard()
        elif not self.delivery.keep_alive:
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

    def _close_heard(self) -> None:
        """Close so that a client which is still sending can read why.

        Closing with bytes unread would reset the connection, and a reset discards what the client
        has not read yet: what it sends is thrown away until it ends, for a while (RFC 9112, 9.6).
        """
        if self._eof:
            self.drop()
            return
        self._closing = True
        self._transport.write_eof()
        self._transport.resume_reading()
        self._linger = self._loop.call_later(_LINGER_S, self._transport.abort)

    def _queue(self, request: HttpRequest) -> None:
        self._pending.append(request)
        if not self._busy:
            self._start_next()
        elif len(self._pending) >= _MAX_PIPELINED:
            self._transport.pause_reading()

    def _start_next(self) -> None:
        if self._busy or self._closing or not self._pending:
            return
        request = self._pending.popleft()
        self.delivery = request.delivery
        if len(self._pending) == _MAX_PIPELINED // 2:
            self._transport.resume_reading()
        self._busy = True
        answer = self._routes.answer(request, self)
        if self._busy:
            self._answer = answer

    def _request(self, refused: ApiError | None = None) -> HttpRequest:
        """What was read of the message, as a request."""
        modern = self._parser.get_http_version() != "1.0"
        method = self._parser.get_method().decode("latin-1") if self._url else "?"
        path = self._url.decode("latin-1").partition("?")[0]
        keep_alive = refused is None and modern and self._parser.should_keep_alive()
        return HttpRequest(
            method=method,
            path=path,
            body=b"".join(self._body),
            wire=wire_of(path, anthropic=self._anthropic),
            delivery=Delivery(chunked=modern, keep_alive=keep_alive, body=method != "HEAD"),
            refused=refused,
        )

    def _pass_over_offer(self, rest: bytes) -> None:
        """Read the message that offers another protocol as if it did not.

        A server may do so (RFC 9110, 7.8), and some clients offer HTTP/2 with every first request;
        the parser would take its body for the other protocol's.
        """
        method = self._parser.get_method()
        if method == b"CONNECT":
            self._refuse(_unknown_method())
            return
        version = self._parser.get_http_version().encode()
        head = b"%b %b HTTP/%b\r\n%b" % (method, self._url, version, self._framing)
        if self._anthropic:
            head += b"anthropic-version: ?\r\n"
        if not self._parser.should_keep_alive():
            head += b"connection: close\r\n"
        self._parser = httptools.HttpRequestParser(self)
        self.data_received(head + b"\r\n" + rest)

    def _forget_message(self) -> None:
        self._url = b""
        self._framing = b""
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._head_bytes = 0
        self._header_bytes = 0
        self._head_done = False
        self._expects = False
        self._anthropic = False
        self._too_large = False

    def _count_head(self, received: int) -> None:
        self._head_bytes += received
        if self._head_bytes > _MAX_HEAD_BYTES:
            self._refuse_head()

    def _refuse_head(self) -> None:
        self._refuse(ApiError(431, "the head of the request is too large"))

    def _refuse_body(self) -> None:
        self._refuse(ApiError(413, f"the body is larger than {MAX_BODY_BYTES} bytes"))

    def _refuse(self, error: ApiError) -> None:
        """Answer when its turn comes, then close."""
        if not self._deaf:
            self._deaf = True
            self._body.clear()
            self._queue(self._request(error))


def _not_http(error: httptools.HttpParserError) -> ApiError:
    return ApiError(400, f"this is not HTTP: {error}")


def _unknown_method() -> ApiError:
    return ApiError(
        405,
        "there is no such method",
        code="method_not_supported",
        headers={"Allow": "GET, POST"},
    )
