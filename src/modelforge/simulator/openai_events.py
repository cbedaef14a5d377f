"""The events of OpenAI's streams."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.delivery import ending, framed, lying, server_sent
from modelforge.simulator.words import WORDS

_ID_BYTES: Final = 16
_CREATED_BYTES: Final = 10
_PLACE: Final = b"\0" * len(f'{"":{_ID_BYTES}}","created":{0:0{_CREATED_BYTES}d}')
"""Stands for the mark while an event is framed: as long as one, and never part of JSON."""


class OpenAIEvents:
    """Fills ``StreamEvents``.

    Every event of a stream repeats its id and its second of creation, both of fixed length: the
    rest, chunk size included, is the same for all streams and is made here.
    """

    def __init__(self, model: str, *, chat: bool, chunked: bool) -> None:
        self._chat = chat
        self._chunked = chunked
        self._object = "chat.completion.chunk" if chat else "text_completion"
        self._id_prefix = "chatcmpl-" if chat else "cmpl-"
        self._model = model
        self._first = [self._split([self._delta(word)]) for word in WORDS]
        self._next = [self._split([self._delta(f" {word}")]) for word in WORDS]

    def mark(self, plan: AnswerPlan, created: int) -> bytes:
        """Fills ``StreamEvents``."""
        return f'{plan.id:.{_ID_BYTES}}","created":{created:0{_CREATED_BYTES}d}'.encode()

    def opening(self, mark: bytes, plan: AnswerPlan) -> bytes:  # noqa: ARG002 (another API's needs it)
        """The role; a stream that is no chat has none."""
        if not self._chat:
            return b""
        return self._event(mark, [self._choice({"role": "assistant", "content": ""})])

    def token(self, mark: bytes, word: int, index: int) -> bytes:
        """Fills ``StreamEvents``."""
        before, after = (self._next if index else self._first)[word]
        return before + mark + after

    def ending(self, mark: bytes, plan: AnswerPlan, *, include_usage: bool) -> bytes:
        """Fills ``StreamEvents``."""
        choice = self._choice({}) if self._chat else self._delta("")
        finish = self._event(mark, [choice | {"finish_reason": plan.finish_reason}])
        usage = self._event(mark, [], usage=usage_of(plan)) if include_usage else b""
        return finish + usage + self._done

    def failure(self, error: ApiError) -> bytes:
        """Fills ``StreamEvents``."""
        event = server_sent(error_document(error))
        return framed(event, chunked=self._chunked) + self._done

    @property
    def malformed(self) -> bytes:
        """Fills ``StreamEvents``."""
        half = b'data: {"id":"chatcmpl-","choices":[{"index":0,"delta":{"content":\n\n'
        return framed(half, chunked=self._chunked)

    @property
    def lie(self) -> bytes:
        """Fills ``StreamEvents``."""
        return lying(b'data: {"id":"chatcmpl-', chunked=self._chunked)

    @property
    def _done(self) -> bytes:
        done = framed(b"data: [DONE]\n\n", chunked=self._chunked)
        return done + ending(chunked=self._chunked)

    def _delta(self, text: str) -> dict[str, Any]:
        if self._chat:
            return self._choice({"content": text})
        return {"index": 0, "text": text, "logprobs": None, "finish_reason": None}

    def _choice(self, delta: dict[str, str]) -> dict[str, Any]:
        return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}

    def _event(self, mark: bytes, choices: list[dict[str, Any]], **more: Any) -> bytes:
        before, after = self._split(choices, **more)
        return before + mark + after

    def _split(self, choices: list[dict[str, Any]], **more: Any) -> tuple[bytes, bytes]:
        """An event, framed, before and after its mark."""
        rest = {"object": self._object, "model": self._model, "choices": choices, **more}
        text = json.dumps(rest, separators=(",", ":"))
        event = f'data: {{"id":"{self._id_prefix}'.encode() + _PLACE + f",{text[1:]}\n\n".encode()
        before, _, after = framed(event, chunked=self._chunked).partition(_PLACE)
        return before, after


@lru_cache(maxsize=256)
def openai_events(model: str, *, chat: bool, chunked: bool) -> OpenAIEvents:
    """The events of ``model``, made at their first use."""
    return OpenAIEvents(model, chat=chat, chunked=chunked)


def usage_of(plan: AnswerPlan) -> dict[str, Any]:
    """The tokens of an answer."""
    return {
        "prompt_tokens": plan.prompt_tokens,
        "completion_tokens": plan.length,
        "total_tokens": plan.prompt_tokens + plan.length,
        "prompt_tokens_details": {"cached_tokens": plan.cached_tokens},
    }


def error_document(error: ApiError) -> dict[str, Any]:
    """An error, as a body and as an event."""
    return {
        "error": {
            "message": str(error),
            "type": error.kind,
            "param": error.param,
            "code": error.code,
        }
    }
