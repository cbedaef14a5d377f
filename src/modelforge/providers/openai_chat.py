"""The OpenAI chat completions protocol.

Source: the OpenAI API reference, "Create chat completion" and "The chat completion chunk object",
and the fields that servers speaking it add: ``reasoning_content`` (DeepSeek, vLLM, llama.cpp),
``reasoning`` (OpenRouter), content parts (Mistral), ``prompt_cache_hit_tokens`` (DeepSeek).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from modelforge.core.errors import (
    EmptyResponse,
    MalformedResponse,
    RequestError,
    ResponseTooLarge,
    ServerFailed,
    StreamCut,
)
from modelforge.core.events import ChatEvent, Finish, ReasoningDelta, TextDelta, UsageReport
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.providers.codec import AnswerDecoder, EncodedRequest
from modelforge.providers.sse import EventDecoder, ServerSentEvent

MAX_EVENT_BYTES: Final = 16 * 2**20
"""The largest single event or JSON document that is read."""

_EXCERPT_CHARS: Final = 120
_MOST_TOKENS: Final = 2**53  # what every reader of JSON can hold


class OpenAIChat:
    """The codec of ``POST /chat/completions``."""

    def __init__(
        self, *, max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    ) -> None:
        self._max_tokens_field = max_tokens_field

    def encode(self, model: str, prompt: Prompt, generation: Generation) -> EncodedRequest:
        """The request body; a setting that is None is left out, ``extra`` is laid over the rest."""
        body: dict[str, Any] = {
            "model": model,
            "messages": [
                {"role": message.role, "content": message.content} for message in prompt.messages
            ],
            "stream": generation.stream,
        }
        if generation.stream:
            body["stream_options"] = {"include_usage": True}
        settings = {
            self._max_tokens_field: generation.max_tokens,
            "temperature": generation.temperature,
            "top_p": generation.top_p,
            "seed": generation.seed,
            "stop": list(generation.stop) or None,
        }
        body |= {name: value for name, value in settings.items() if value is not None}
        return EncodedRequest(path="/chat/completions", body=body | dict(generation.extra))

    def auth_headers(self, api_key: str) -> Mapping[str, str]:
        """A bearer token."""
        return {"Authorization": f"Bearer {api_key}"}

    def stream_decoder(self) -> AnswerDecoder:
        """A reader of ``chat.completion.chunk`` events."""
        return _StreamDecoder()

    def body_decoder(self) -> AnswerDecoder:
        """A reader of one ``chat.completion`` object."""
        return _BodyDecoder()

    def error_message(self, body: bytes) -> str | None:
        """``error.message``, ``error``, ``message`` or ``detail``: the shapes servers send."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return _error_text(document)


class _StreamDecoder:
    def __init__(self) -> None:
        self.done = False
        self.failure: RequestError | None = None
        self._finished = False
        self._events = EventDecoder()

    def feed(self, segment: bytes) -> Sequence[ChatEvent]:
        events = self._read(self._events.feed(segment))
        if self._events.pending_bytes > MAX_EVENT_BYTES and self.failure is None:
            self.failure = _too_large()
        return events

    def close(self) -> Sequence[ChatEvent]:
        events = self._read(self._events.close())
        if not self.done and not self._finished and self.failure is None:
            self.failure = StreamCut("the stream ended before the answer did (no [DONE])")
        return events

    def _read(self, received: Sequence[ServerSentEvent]) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        for event in received:
            if self.done or self.failure is not None:
                break
            if event.data == b"[DONE]":
                self.done = True
                break
            try:
                self._read_chunk(json.loads(event.data), event, events)
            except (ValueError, RecursionError, _NotTheProtocol):
                self.failure = MalformedResponse(
                    f"an event of the stream is not a chat completion chunk: {_excerpt(event.data)}"
                )
        return events

    def _read_chunk(self, chunk: Any, event: ServerSentEvent, events: list[ChatEvent]) -> None:
        if not isinstance(chunk, dict):
            raise _NotTheProtocol
        error = chunk.get("error")
        if error is not None or event.type == b"error":
            said = _error_text(chunk) or _excerpt(event.data)
            self.failure = ServerFailed(f"the server reported an error in its answer: {said}")
            return
        choices = chunk.get("choices")
        if choices:
            choice = _table(choices[0] if isinstance(choices, list) else None)
            _read_message(_table(choice.get("delta") or {}), events)
            if reason := choice.get("finish_reason"):
                self._finished = True
                events.append(Finish(reason=str(reason)))
        if usage := chunk.get("usage"):
            events.append(UsageReport(usage=_usage(_table(usage))))


class _BodyDecoder:
    def __init__(self) -> None:
        self.done = False
        self.failure: RequestError | None = None
        self._body = bytearray()

    def feed(self, segment: bytes) -> Sequence[ChatEvent]:
        self._body += segment
        if len(self._body) > MAX_EVENT_BYTES:
            self.failure = _too_large()
        return ()

    def close(self) -> Sequence[ChatEvent]:
        if not self._body.strip():
            self.failure = EmptyResponse("the server sent an empty body")
            return ()
        try:
            return self._read(json.loads(self._body))
        except (ValueError, RecursionError, _NotTheProtocol):
            self.failure = MalformedResponse(
                f"the body is not a chat completion: {_excerpt(bytes(self._body))}"
            )
            return ()

    def _read(self, document: Any) -> list[ChatEvent]:
        completion = _table(document)
        if completion.get("error") is not None:
            text = _error_text(completion)
            self.failure = ServerFailed(f"the server answered with an error: {text}")
            return []
        choices = completion.get("choices")
        if not isinstance(choices, list) or not choices:
            raise _NotTheProtocol
        choice = _table(choices[0])
        events: list[ChatEvent] = []
        _read_message(_table(choice.get("message")), events)
        if reason := choice.get("finish_reason"):
            events.append(Finish(reason=str(reason)))
        if usage := completion.get("usage"):
            events.append(UsageReport(usage=_usage(_table(usage))))
        self.done = True
        return events


class _NotTheProtocol(Exception):
    """A value has a shape that the protocol does not know."""


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _NotTheProtocol
    return value


def _read_message(message: dict[str, Any], events: list[ChatEvent]) -> None:
    """Events of a ``delta`` or a ``message``: reasoning first, as it was thought."""
    if reasoning := message.get("reasoning_content") or message.get("reasoning"):
        events.append(ReasoningDelta(text=_text(reasoning)))
    content = message.get("content") or message.get("refusal")
    if not content:
        return
    if isinstance(content, list):
        _read_parts(content, events)
    else:
        events.append(TextDelta(text=_text(content)))


def _read_parts(parts: list[Any], events: list[ChatEvent]) -> None:
    for part in map(_table, parts):
        if part.get("type") == "text" and part.get("text"):
            events.append(TextDelta(text=_text(part["text"])))
        elif part.get("type") == "thinking":
            pieces = part.get("thinking")
            if not isinstance(pieces, list):
                raise _NotTheProtocol
            if thought := "".join(_text(_table(piece).get("text", "")) for piece in pieces):
                events.append(ReasoningDelta(text=thought))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _NotTheProtocol
    return value


def _usage(usage: dict[str, Any]) -> Usage:
    prompt_details = usage.get("prompt_tokens_details") or {}
    completion_details = usage.get("completion_tokens_details") or {}
    return Usage(
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_first_count(
            _table(prompt_details).get("cached_tokens"), usage.get("prompt_cache_hit_tokens")
        ),
        reasoning_tokens=_count(_table(completion_details).get("reasoning_tokens")),
    )


def _first_count(*values: Any) -> int | None:
    return next((count for value in values if (count := _count(value)) is not None), None)


def _count(value: Any) -> int | None:
    """A token count, or None for what cannot be one."""
    valid = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if valid else None


def _error_text(document: Any) -> str | None:
    """The words of an error document, whichever of the known shapes it has."""
    if isinstance(document, list) and document:
        document = document[0]
    if not isinstance(document, dict):
        return None
    for key in ("error", "message", "detail"):
        value = document.get(key)
        if isinstance(value, dict):
            value = value.get("message") or value.get("code") or value.get("type")
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return None


def _excerpt(data: bytes) -> str:
    text = data[: _EXCERPT_CHARS + 1].decode("utf-8", errors="replace")
    return repr(text if len(data) <= _EXCERPT_CHARS else text[:_EXCERPT_CHARS] + "…")


def _too_large() -> ResponseTooLarge:
    return ResponseTooLarge(f"the server sent more than {MAX_EVENT_BYTES:,} bytes in one piece")
