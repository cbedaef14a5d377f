"""An answer that arrives as server-sent events of JSON: what every such protocol shares."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from modelforge.core.errors import MalformedResponse, RequestError, ServerFailed, StreamCut
from modelforge.core.events import ChatEvent
from modelforge.providers.json_shape import (
    MAX_PIECE_BYTES,
    NotTheProtocol,
    error_text,
    excerpt,
    is_error,
    out_of_quota,
    parsed,
    too_large,
)
from modelforge.providers.sse import EventDecoder, ServerSentEvent


class SseAnswer(ABC):
    """Fills ``codec.AnswerDecoder``; a protocol adds what one event's JSON means.

    Attributes:
        noun: what one event is, for the message about one that is not.
        end: how the protocol says that the answer is complete, for the message when it did not.
        sentinel: the data of an event that is not JSON and ends the stream, if there is one.
        finished: set by the protocol when the body may end without being cut.
    """

    noun: ClassVar[str]
    end: ClassVar[str]
    sentinel: ClassVar[bytes | None] = None

    def __init__(self) -> None:
        self.done = False
        self.finished = False
        self.failure: RequestError | None = None
        self._decoder = EventDecoder()

    @abstractmethod
    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what one event's JSON object says; NotTheProtocol when it says nothing known."""

    def feed(self, segment: bytes) -> Sequence[ChatEvent]:
        """The events that ``segment`` completes."""
        events = self._read_all(self._decoder.feed(segment))
        if self._decoder.pending_bytes > MAX_PIECE_BYTES and self.failure is None:
            self.failure = too_large()
        return events

    def close(self) -> Sequence[ChatEvent]:
        """The events that the end of the body completes."""
        events = self._read_all(self._decoder.close())
        if not self.done and not self.finished and self.failure is None:
            self.failure = StreamCut(f"the stream ended before the answer did (no {self.end})")
        return events

    def fail(self, document: dict[str, Any]) -> None:
        """End the answer with the error that ``document`` holds."""
        said = error_text(document) or excerpt(json.dumps(document).encode())
        self.failure = ServerFailed(
            f"the server reported an error in its answer: {said}",
            retryable=not out_of_quota(document),
        )

    def feed_event(self, data: bytes, type_: bytes = b"message") -> Sequence[ChatEvent]:
        """The events of one server-sent event that was cut out already."""
        events: list[ChatEvent] = []
        if not self.done and self.failure is None:
            self._read_one(data, type_, events)
        return events

    def _read_all(self, received: Sequence[ServerSentEvent]) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        for event in received:
            if self.done or self.failure is not None:
                break
            self._read_one(event.data, event.type, events)
        return events

    def _read_one(self, data: bytes, type_: bytes, events: list[ChatEvent]) -> None:
        data = data.strip()
        if not data:  # sent to keep the connection alive
            return
        if data == self.sentinel:
            self.done = True
            return
        try:
            document = parsed(data)
            if not isinstance(document, dict):
                raise NotTheProtocol  # noqa: TRY301 (one place says what is malformed)
            if type_ == b"error" or is_error(document):
                self.fail(document)
            else:
                self.read(document, events)
        except (ValueError, RecursionError, NotTheProtocol):
            self.failure = MalformedResponse(
                f"an event of the stream is not {self.noun}: {excerpt(data)}"
            )
