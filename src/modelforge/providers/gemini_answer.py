"""What the Gemini protocol answers."""

from __future__ import annotations

from typing import Any, Final

from modelforge.core.events import (
    ChatEvent,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    UsageReport,
)
from modelforge.core.usage import Usage
from modelforge.providers.json_answer import JsonAnswer
from modelforge.providers.json_shape import NotTheProtocol, array, count, table, text, total
from modelforge.providers.sse_answer import SseAnswer
from modelforge.providers.tool_calls import opening

_FILTERED: Final = "content_filter"
_FINISH: Final = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": _FILTERED,
    "RECITATION": _FILTERED,
    "BLOCKLIST": _FILTERED,
    "PROHIBITED_CONTENT": _FILTERED,
    "SPII": _FILTERED,
    "MODEL_ARMOR": _FILTERED,
    "IMAGE_SAFETY": _FILTERED,
    "IMAGE_PROHIBITED_CONTENT": _FILTERED,
    "IMAGE_RECITATION": _FILTERED,
}


class GeminiStream(SseAnswer):
    """Reads ``GenerateContentResponse`` events; the last of them has a ``finishReason``."""

    noun = "a GenerateContentResponse"
    end = "finishReason"

    def __init__(self) -> None:
        super().__init__()
        self._answer = _Answer()

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what one piece of the response says."""
        self._answer.read(document, events)
        self.finished = self._answer.finished


class GeminiBody(JsonAnswer):
    """Reads one ``GenerateContentResponse``."""

    noun = "a GenerateContentResponse"

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what the response says."""
        answer = _Answer()
        answer.read(document, events)
        if not answer.finished and not document.get("candidates"):
            raise NotTheProtocol


class _Answer:
    """The state of one answer: its calls are numbered in the order of their arrival."""

    def __init__(self) -> None:
        self.finished = False
        self._calls = 0

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        feedback = table(document.get("promptFeedback") or {})
        if blocked := feedback.get("blockReason"):
            self._refuse(feedback.get("blockReasonMessage") or blocked, events)
            self._finish(_FILTERED, events)
        for candidate in map(table, array(document.get("candidates") or [])):
            if not candidate.get("index"):
                self._read_candidate(candidate, events)
        if usage := document.get("usageMetadata"):
            events.append(UsageReport(usage=_usage(table(usage))))

    def _read_candidate(self, candidate: dict[str, Any], events: list[ChatEvent]) -> None:
        content = table(candidate.get("content") or {})
        for part in map(table, array(content.get("parts") or [])):
            self._read_part(part, events)
        if not (reason := candidate.get("finishReason")):
            return
        finish = _FINISH.get(text(reason), reason)
        if finish == _FILTERED and (said := candidate.get("finishMessage")):
            self._refuse(said, events)
        self._finish("tool_calls" if finish == "stop" and self._calls else finish, events)

    def _read_part(self, part: dict[str, Any], events: list[ChatEvent]) -> None:
        if call := part.get("functionCall"):
            called = table(call)
            arguments = called.get("args") or {}
            events.append(opening(self._calls, called.get("id"), called.get("name"), arguments))
            self._calls += 1
        elif said := text(part.get("text") or ""):
            events.append(
                ReasoningDelta(text=said) if part.get("thought") else TextDelta(text=said)
            )

    def _refuse(self, said: Any, events: list[ChatEvent]) -> None:
        events.append(RefusalDelta(text=text(said)))

    def _finish(self, reason: str, events: list[ChatEvent]) -> None:
        self.finished = True
        events.append(Finish(reason=reason))


def _usage(usage: dict[str, Any]) -> Usage:
    """Candidates and thoughts are counted apart, and a count of zero is not sent at all."""
    prompt = total(
        count(usage.get("promptTokenCount")), count(usage.get("toolUsePromptTokenCount"))
    )
    thoughts = count(usage.get("thoughtsTokenCount"))
    completion = total(count(usage.get("candidatesTokenCount")), thoughts)
    whole = count(usage.get("totalTokenCount"))
    if completion is None and prompt is not None and whole is not None and whole >= prompt:
        completion = whole - prompt
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=count(usage.get("cachedContentTokenCount")),
        reasoning_tokens=thoughts,
    )
