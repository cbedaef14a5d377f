"""Answers as bytes: HTTP heads, chunks and server-sent events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from modelforge.simulator.words import WORDS

STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)
LAST_CHUNK: Final = b"0\r\n\r\n"
_ID_BYTES: Final = 16
_CREATED_BYTES: Final = 10


def head(
    status: int, length: int, *, kind: str = "application/json", extra: Mapping[str, str] = {}
) -> bytes:
    """The head of an answer of ``length`` bytes."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Type: {kind}"]
    lines += [f"Content-Length: {length}", *(f"{name}: {text}" for name, text in extra.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def document(
    status: int, content: Any, *, kind: str = "application/json", extra: Mapping[str, str] = {}
) -> bytes:
    """A whole answer: JSON, or text of another ``kind``."""
    body = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    return head(status, len(body), kind=kind, extra=extra) + body


def chunk(data: bytes) -> bytes:
    """``data`` as one chunk of HTTP/1.1."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class EventFrames:
    """The events of one model's streams, each a chunk, encoded once but for who is answered.

    Every event of a stream repeats its id and its second of creation, both of fixed length: the
    rest, chunk size included, is the same for all streams and is made here.
    """

    def __init__(self, model: str, *, chat: bool) -> None:
        self._chat = chat
        self._object = "chat.completion.chunk" if chat else "text_completion"
        self._id_prefix = "chatcmpl-" if chat else "cmpl-"
        self._model = model
        self._first = [self._split(self._delta(word)) for word in WORDS]
        self._next = [self._split(self._delta(f" {word}")) for word in WORDS]

    def mark(self, answer_id: str, created: int) -> bytes:
        """What sets one stream's events apart."""
        return f'{answer_id:.{_ID_BYTES}}","created":{created:0{_CREATED_BYTES}d}'.encode()

    def token(self, mark: bytes, word: int, index: int) -> bytes:
        """The event of token ``index``."""
        before, after = (self._next if index else self._first)[word]
        return before + mark + after

    def role(self, mark: bytes) -> bytes:
        """The event before the first token; a stream that is no chat has none."""
        if not self._chat:
            return b""
        return self._framed(mark, [self._choice({"role": "assistant", "content": ""})])

    def finish(self, mark: bytes, reason: str) -> bytes:
        """The event that says why the answer ended."""
        choice = self._choice({}) if self._chat else self._delta("")
        return self._framed(mark, [choice | {"finish_reason": reason}])

    def usage(self, mark: bytes, usage: Mapping[str, Any]) -> bytes:
        """The event that counts the tokens."""
        return self._framed(mark, [], usage=dict(usage))

    @property
    def done(self) -> bytes:
        """The end of the events and of the body."""
        return chunk(b"data: [DONE]\n\n") + LAST_CHUNK

    @property
    def malformed(self) -> bytes:
        """An event whose JSON is not complete, in a chunk that is."""
        return chunk(b'data: {"id":"chatcmpl-","choices":[{"index":0,"delta":{"content":\n\n')

    def _delta(self, text: str) -> dict[str, Any]:
        if self._chat:
            return self._choice({"content": text})
        return {"index": 0, "text": text, "logprobs": None, "finish_reason": None}

    def _choice(self, delta: dict[str, str]) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}

    def _split(self, choice: dict[str, Any]) -> tuple[bytes, bytes]:
        before, after = self._around([choice], {})
        length = len(before) + len(self.mark("0" * _ID_BYTES, 0)) + len(after)
        return b"%x\r\n%b" % (length, before), after + b"\r\n"

    def _framed(self, mark: bytes, choices: list[dict[str, Any]], **more: Any) -> bytes:
        before, after = self._around(choices, more)
        return chunk(before + mark + after)

    def _around(self, choices: list[dict[str, Any]], more: dict[str, Any]) -> tuple[bytes, bytes]:
        rest = {"object": self._object, "model": self._model, "choices": choices, **more}
        text = json.dumps(rest, separators=(",", ":"))
        return f'data: {{"id":"{self._id_prefix}'.encode(), f",{text[1:]}\n\n".encode()


@lru_cache(maxsize=256)
def event_frames(model: str, *, chat: bool) -> EventFrames:
    """The frames of ``model``, made at their first use."""
    return EventFrames(model, chat=chat)
