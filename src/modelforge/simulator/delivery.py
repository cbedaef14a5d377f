"""How an answer is laid on the wire for one client: HTTP heads, chunks, server-sent events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_LIE_BYTES: Final = 0x400
_UNREGISTERED: Final = {529: "Site Overloaded"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What one client can take, and what becomes of its connection.

    ``chunked`` is False for HTTP/1.0: its streams are plain bytes that end with the connection, and
    so its connections are never kept. ``body`` is False for HEAD, which is sent heads alone.
    """

    chunked: bool = True
    keep_alive: bool = True
    body: bool = True

    def head(
        self,
        status: int,
        *,
        length: int | None,
        kind: str = JSON,
        extra: Mapping[str, str] = {},
    ) -> bytes:
        """The head of an answer of ``length`` bytes, or None for one of unknown length."""
        phrase = _UNREGISTERED.get(status) or HTTPStatus(status).phrase
        lines = [f"HTTP/1.1 {status} {phrase}", f"Content-Type: {kind}"]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        elif self.chunked:
            lines.append("Transfer-Encoding: chunked")
        if not self.keep_alive:
            lines.append("Connection: close")
        lines += [f"{name}: {text}" for name, text in extra.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def document(
        self, status: int, content: Any, *, kind: str = JSON, extra: Mapping[str, str] = {}
    ) -> bytes:
        """A whole answer: JSON, or text of another ``kind``."""
        body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        head = self.head(status, length=len(body), kind=kind, extra=extra)
        return head + body if self.body else head


@lru_cache
def stream_head(delivery: Delivery) -> bytes:
    """The head of a stream of events; there are few deliveries and many streams."""
    extra = {"Cache-Control": "no-cache"}
    return delivery.head(200, length=None, kind=EVENT_STREAM, extra=extra)


def framed(data: bytes, *, chunked: bool) -> bytes:
    """``data`` as one chunk of HTTP/1.1, or as it is."""
    return b"%x\r\n%b\r\n" % (len(data), data) if chunked else data


def ending(*, chunked: bool) -> bytes:
    """What ends a body; one that is not chunked ends with its connection."""
    return _LAST_CHUNK if chunked else b""


def lying(data: bytes, *, chunked: bool, claimed_bytes: int = _LIE_BYTES) -> bytes:
    """``data`` as a chunk that says it is ``claimed_bytes`` long, or as it is."""
    return b"%x\r\n%b\r\n" % (claimed_bytes, data) if chunked else data


def server_sent(document: Mapping[str, Any], *, name: str | None = None) -> bytes:
    """One server-sent event, of ``name`` where the protocol names its events."""
    line = "" if name is None else f"event: {name}\n"
    return f"{line}data: {json.dumps(document, separators=(',', ':'))}\n\n".encode()
