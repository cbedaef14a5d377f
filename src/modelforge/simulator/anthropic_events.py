"""The events of Anthropic's streams.

Source: the Claude API reference, "Streaming Messages": their order, the counts that
``message_start`` and ``message_delta`` carry, ``ping``, and ``error`` in the middle of a stream.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.api_error import ApiError
from modelforge.simulator.delivery import ending, framed, lying, server_sent
from modelforge.simulator.words import WORDS

_STOP_REASONS: Final = {"stop": "end_turn", "length": "max_tokens"}
_ERROR_TYPES: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_SERVER_ERROR: Final = 500


class AnthropicEvents:
    """Fills ``StreamEvents``. Only ``message_start`` tells answers apart: it needs no mark."""

    def __init__(self, model: str, *, chunked: bool) -> None:
        self._model = model
        self._chunked = chunked
        self._first = [self._delta(word) for word in WORDS]
        self._next = [self._delta(f" {word}") for word in WORDS]
        block = {"type": "text", "text": ""}
        self._begun = self._event("content_block_start", index=0, content_block=block)
        self._begun += self._event("ping")
        self._stopped = self._event("content_block_stop", index=0)
        self._done = self._event("message_stop") + ending(chunked=chunked)

    def mark(self, plan: AnswerPlan, created: int) -> bytes:  # noqa: ARG002 (another API's needs it)
        """Fills ``StreamEvents``."""
        return b""

    def opening(self, mark: bytes, plan: AnswerPlan) -> bytes:  # noqa: ARG002 (another API's needs it)
        """The message without content, the beginning of its one block, and a ping."""
        message = message_of(self._model, plan, content=[], stop_reason=None)
        # The API counts one token before it has sent any; the last count is the answer's.
        message["usage"] = usage_of(plan) | {"output_tokens": 1}
        return self._event("message_start", message=message) + self._begun

    def token(self, mark: bytes, word: int, index: int) -> bytes:  # noqa: ARG002 (as above)
        """Fills ``StreamEvents``."""
        return (self._next if index else self._first)[word]

    def ending(self, mark: bytes, plan: AnswerPlan, *, include_usage: bool) -> bytes:  # noqa: ARG002 (this API always counts)
        """Fills ``StreamEvents``."""
        delta = {"stop_reason": stop_reason_of(plan), "stop_sequence": None}
        told = self._event("message_delta", delta=delta, usage=usage_of(plan))
        return self._stopped + told + self._done

    def failure(self, error: ApiError) -> bytes:
        """Fills ``StreamEvents``; no ``message_stop`` follows."""
        event = server_sent(error_document(error), name="error")
        return framed(event, chunked=self._chunked) + ending(chunked=self._chunked)

    @property
    def malformed(self) -> bytes:
        """Fills ``StreamEvents``."""
        half = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,\n\n'
        return framed(half, chunked=self._chunked)

    @property
    def lie(self) -> bytes:
        """Fills ``StreamEvents``."""
        return lying(b'event: content_block_delta\ndata: {"type":', chunked=self._chunked)

    def _delta(self, text: str) -> bytes:
        delta = {"type": "text_delta", "text": text}
        return self._event("content_block_delta", index=0, delta=delta)

    def _event(self, name: str, **fields: Any) -> bytes:
        event = server_sent({"type": name, **fields}, name=name)
        return framed(event, chunked=self._chunked)


@lru_cache(maxsize=256)
def anthropic_events(model: str, *, chunked: bool) -> AnthropicEvents:
    """The events of ``model``, made at their first use."""
    return AnthropicEvents(model, chunked=chunked)


def message_of(
    model: str, plan: AnswerPlan, *, content: list[dict[str, Any]], stop_reason: str | None
) -> dict[str, Any]:
    """A message, whole or only begun."""
    return {
        "id": f"msg_{plan.id}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage_of(plan),
    }


def stop_reason_of(plan: AnswerPlan) -> str:
    """Why the answer ended, in this API's words."""
    return _STOP_REASONS[plan.finish_reason]


def usage_of(plan: AnswerPlan) -> dict[str, int]:
    """The tokens of an answer; what a cache knew is counted apart from ``input_tokens``."""
    return {
        "input_tokens": plan.prompt_tokens - plan.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": plan.cached_tokens,
        "output_tokens": plan.length,
    }


def error_document(error: ApiError) -> dict[str, Any]:
    """An error, as a body and as an event; this API names its kind by the status."""
    other = "api_error" if error.status >= _SERVER_ERROR else "invalid_request_error"
    kind = _ERROR_TYPES.get(error.status, other)
    return {"type": "error", "error": {"type": kind, "message": str(error)}}
