"""An answer that arrives as one JSON document: what every protocol shares."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from modelforge.core.errors import EmptyResponse, MalformedResponse, RequestError, ServerFailed
from modelforge.core.events import ChatEvent
from modelforge.providers.json_shape import (
    MAX_PIECE_BYTES,
    NotTheProtocol,
    error_text,
    excerpt,
    is_error,
    out_of_quota,
    table,
    too_large,
)


class JsonAnswer(ABC):
    """Fills ``codec.AnswerDecoder``; a protocol adds what the document means.

    Attributes:
        noun: what the document is, for the message about one that is not.
    """

    noun: ClassVar[str]

    def __init__(self) -> None:
        self.done = False
        self.failure: RequestError | None = None
        self._body = bytearray()

    @abstractmethod
    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what the document says; NotTheProtocol when it is no answer."""

    def feed(self, segment: bytes) -> Sequence[ChatEvent]:
        """Nothing: a document is read when it is whole."""
        self._body += segment
        if len(self._body) > MAX_PIECE_BYTES:
            self.failure = too_large()
        return ()

    def close(self) -> Sequence[ChatEvent]:
        """The events of the whole document."""
        if not self._body.strip():
            self.failure = EmptyResponse("the server sent an empty body")
            return ()
        events: list[ChatEvent] = []
        try:
            document = table(json.loads(self._body))
            if is_error(document):
                self.fail(document)
            else:
                self.read(document, events)
        except (ValueError, RecursionError, NotTheProtocol):
            self.failure = MalformedResponse(
                f"the body is not {self.noun}: {excerpt(bytes(self._body))}"
            )
            return ()
        self.done = self.failure is None
        return events

    def fail(self, document: dict[str, Any]) -> None:
        """End the answer with the error that ``document`` holds."""
        said = error_text(document) or excerpt(bytes(self._body))
        self.failure = ServerFailed(
            f"the server answered with an error: {said}", retryable=not out_of_quota(document)
        )
