"""What a wire protocol must be able to do: pure, bytes in and events out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from modelforge.core.errors import RequestError
from modelforge.core.events import ChatEvent
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedRequest:
    """A request ready to be posted: a path under the base URL, and a body to send as JSON."""

    path: str
    body: Mapping[str, Any]


class AnswerDecoder(Protocol):
    """Reads one answer as it arrives.

    ``failure`` is set when the server reports an error in the middle of its answer or sends
    something that is not the protocol; the events before it stand. ``done`` is set when the
    protocol has said that the answer is complete. Nothing is read after either.
    """

    done: bool
    failure: RequestError | None

    def feed(self, segment: bytes) -> Sequence[ChatEvent]:
        """The events that ``segment`` completes."""
        ...

    def close(self) -> Sequence[ChatEvent]:
        """The events that the end of the body completes; sets ``failure`` if it came too early."""
        ...


class ChatCodec(Protocol):
    """One wire protocol.

    ``listing_path`` is where the models are listed, all at once where the list has pages.
    """

    @property
    def listing_path(self) -> str: ...

    def encode(self, model: str, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The request that asks ``model`` to answer ``prompt``.

        Raises:
            UsageError: the protocol has no words for a part of it.
        """
        ...

    def headers(self, api_key: str | None) -> Mapping[str, str]:
        """The headers of every request; they carry ``api_key`` if there is one."""
        ...

    def stream_decoder(self) -> AnswerDecoder:
        """A reader of a streamed answer."""
        ...

    def body_decoder(self) -> AnswerDecoder:
        """A reader of an answer that comes as one JSON document."""
        ...

    def error_message(self, body: bytes) -> str | None:
        """The provider's own words in the body of an HTTP error, if it has any."""
        ...
