"""Reads any answer: HTTP by httptools, the protocol by its codec."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import Final

import httptools

from modelforge.core.errors import EmptyResponse, MalformedResponse, RequestError, StreamCut
from modelforge.providers.codec import AnswerDecoder, ChatCodec
from modelforge.providers.json_shape import MAX_PIECE_BYTES, too_large
from modelforge.wire.failures import dropped
from modelforge.wire.reading import Reading, Segments
from modelforge.wire.timed_tokens import TimedTokens

MAX_ERROR_BYTES: Final = 64 * 2**10
"""As much of an error's body is kept as can hold its message."""

_MOST_BARREN_BYTES: Final = 256 * 2**10
"""As much of an answer as may come without a byte of its body."""

_EXCERPT_CHARS: Final = 80
_GZIP_OR_ZLIB: Final = 47  # zlib's window bits for "whichever of the two it is"


class FullReader:
    """Reads one answer as its segments arrive.

    Args:
        codec: the protocol.
        url: for messages.
        keep_text: gather the answer's text.
    """

    def __init__(self, codec: ChatCodec, *, url: str, keep_text: bool = False) -> None:
        self._codec = codec
        self._url = url
        self._parser = httptools.HttpResponseParser(self)
        self._decoder: AnswerDecoder | None = None
        self._inflate: zlib._Decompress | None = None
        self._headers: dict[str, str] = {}
        self._error_body = b""
        self._begun = False
        self._answered = False
        self._status = 0
        self._barren_bytes = 0
        self._failure: RequestError | None = None
        self._now_ns = 0
        self._tokens = TimedTokens(keep_text=keep_text)
        self._finished = False
        self._keep_alive = False
        self.complete = False

    def feed(self, piece: bytes, stamp_ns: int) -> bool:
        """Read ``piece``, which arrived at ``stamp_ns``; whether the answer is complete.

        It is also complete when it can no longer be understood. What comes behind a complete
        answer belongs to no request: the connection is not used again.
        """
        self._now_ns = stamp_ns
        self._begun = True
        if self.complete:
            self._keep_alive = False
            return True
        self._barren_bytes += len(piece)
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserError as error:
            self._break_off(f"{self._url} does not speak HTTP as it should: {_cause(error)}")
        except httptools.HttpParserUpgrade:
            self._break_off(f"{self._url} changed to another protocol than HTTP")
        if self._barren_bytes > _MOST_BARREN_BYTES:
            self._break_off(f"{self._url} sent a head, trailers or chunk extensions without an end")
        return self.complete

    def feed_all(self, segments: Segments) -> None:
        """Read all of ``segments``."""
        for piece, stamp_ns in zip(segments.pieces, segments.stamps_ns, strict=True):
            self.feed(piece, stamp_ns)

    def end(self, stamp_ns: int) -> None:
        """The connection was closed at ``stamp_ns``: the end of the answer, or its failure."""
        if self.complete:
            return
        self._now_ns = stamp_ns
        if not self._begun:
            self._fail(dropped(self._url))
        elif self._ends_with_connection() or self.has_ended:
            self._finish()
        else:
            self._fail(StreamCut(f"{self._url} broke off in the middle of its answer"))

    @property
    def has_ended(self) -> bool:
        """Whether the protocol has said that the answer is complete, if not yet HTTP."""
        return self._decoder is not None and self._decoder.done and self._failure is None

    def reading(self) -> Reading:
        """What has been read so far."""
        return self._tokens.reading(
            status=self._status,
            finished=self._finished or self.has_ended,
            error=self._failure,
            reusable=self._keep_alive and self._failure is None,
        )

    # What httptools calls.

    def on_message_begin(self) -> None:
        """The head of an answer; behind a complete one it is nobody's."""
        if self.complete:
            self._keep_alive = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field; the last of its name counts, and those behind the body do not."""
        if not self._answered:
            self._headers[name.decode("latin-1").title()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The answer is known by its head: which decoder reads it, or that it is an error."""
        if self._answered:
            return
        status = self._parser.get_status_code()
        if status < HTTPStatus.OK:
            self._headers.clear()
            return
        self._answered = True
        self._status = status
        encoding = self._headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip", "deflate"}:
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        elif encoding != "identity" and status == HTTPStatus.OK:
            self._break_off(
                f"{self._url} sent Content-Encoding {encoding!r}, which nobody asked for"
            )
            return
        if status == HTTPStatus.OK:
            kind = self._headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                self._decoder = self._codec.stream_decoder()
            elif kind == "application/json":
                self._decoder = self._codec.body_decoder()
                self._tokens.timed = False

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._barren_bytes = 0
        if self._inflate is not None:
            body = self._inflate.decompress(body, MAX_PIECE_BYTES)
            if self._inflate.unconsumed_tail:
                self._fail(too_large())
                return
        decoder = self._decoder
        if decoder is None:
            self._error_body = (self._error_body + body)[:MAX_ERROR_BYTES]
            return
        if self.complete or decoder.done:
            return
        self._tokens.add(decoder.feed(body), self._now_ns)
        if (failure := decoder.failure) is not None:
            self._fail(failure)

    def on_message_complete(self) -> None:
        """The whole answer was read."""
        if self._answered and not self.complete:
            self._keep_alive = self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        self.complete = True
        if self._failure is not None:
            return
        decoder = self._decoder
        if decoder is None:
            self._failure = self._refusal()
            return
        self._tokens.add(decoder.close(), self._now_ns)
        self._failure = decoder.failure
        self._finished = decoder.failure is None

    def _refusal(self) -> RequestError:
        from modelforge.providers.http_status import status_error  # noqa: PLC0415 (failures only)
        from modelforge.providers.json_shape import out_of_quota_body  # noqa: PLC0415 (as above)

        status = self._status
        if status == HTTPStatus.NO_CONTENT:
            return EmptyResponse(f"{self._url} answered 204 No Content: nothing to read")
        if status != HTTPStatus.OK:
            message = self._codec.error_message(self._error_body)
            spent = out_of_quota_body(self._error_body)
            # The names of the vendors' own fields are looked up as they write them.
            headers = self._headers | {name.lower(): said for name, said in self._headers.items()}
            return status_error(status, headers, message, url=self._url, spent=spent)
        kind = self._headers.get("Content-Type", "no content type")
        start = self._error_body.decode("utf-8", errors="replace")[:_EXCERPT_CHARS]
        return MalformedResponse(
            f"{self._url} sent {kind}, not JSON or an event stream: {start!r} (check base_url)"
        )

    def _fail(self, error: RequestError) -> None:
        self.complete = True
        self._keep_alive = False
        if self._failure is None:
            self._failure = error

    def _break_off(self, why: str) -> None:
        """What follows cannot be read; an answer that was complete before it stands."""
        if self.complete:
            self._keep_alive = False
        else:
            self._fail(MalformedResponse(why))

    def _ends_with_connection(self) -> bool:
        """Whether the end of the connection is the end of the body (RFC 9112, section 6.3)."""
        framed = {"Content-Length", "Transfer-Encoding"} & self._headers.keys()
        return self._answered and not framed


def _cause(error: httptools.HttpParserError) -> BaseException:
    """What a callback of the parser raised, or what the parser itself says."""
    return error.__context__ or error
