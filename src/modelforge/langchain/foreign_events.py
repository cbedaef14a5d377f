"""What a foreign model yields, as the core's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import ToolCallChunk

from modelforge.core.events import (
    ChatEvent,
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from modelforge.core.usage import Usage

_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "tool_call": "tool_calls",
    "refusal": "content_filter",
    "safety": "content_filter",
}


class ForeignEvents:
    """Reads one answer's chunks, or its one message.

    LangChain's usage adds up over chunks and the core's later report replaces an earlier one, so
    every report carries the sum so far.
    """

    def __init__(self) -> None:
        self._usage: Usage | None = None
        self._indexes: dict[Any, int] = {}

    def of(self, message: AIMessage) -> tuple[ChatEvent, ...]:
        """The events that ``message`` brings."""
        return tuple(self._events(message))

    def _events(self, message: AIMessage) -> Iterator[ChatEvent]:
        if thought := _reasoning(message):
            yield ReasoningDelta(text=thought)
        if text := str(message.text):
            yield TextDelta(text=text)
        refusal = message.additional_kwargs.get("refusal")
        if isinstance(refusal, str) and refusal:
            yield RefusalDelta(text=refusal)
        for part in _tool_call_parts(message):
            yield self._tool_call(part)
        if (used := _usage(message)) is not None:
            self._usage = used if self._usage is None else _sum(self._usage, used)
            yield UsageReport(usage=self._usage)
        metadata = message.response_metadata
        reason = metadata.get("finish_reason") or metadata.get("stop_reason")
        if isinstance(reason, str) and reason:
            yield Finish(reason=_REASONS.get(reason.lower(), reason.lower()))

    def _tool_call(self, part: ToolCallChunk) -> ToolCallDelta:
        key = part["index"] if part["index"] is not None else part["id"]
        first = key not in self._indexes
        index = self._indexes.setdefault(key, len(self._indexes))
        return ToolCallDelta(
            index=index,
            id=part["id"] if first else None,
            name=part["name"] if first else None,
            arguments=part["args"] or "",
        )


def _reasoning(message: AIMessage) -> str:
    if isinstance(message.content, str):
        thought = message.additional_kwargs.get("reasoning_content")
        return thought if isinstance(thought, str) else ""
    return "".join(
        block.get("reasoning", "")
        for block in message.content_blocks
        if block["type"] == "reasoning"
    )


def _tool_call_parts(message: AIMessage) -> list[ToolCallChunk]:
    if isinstance(message, AIMessageChunk):
        return message.tool_call_chunks
    # A chunk made of the whole message writes its calls' arguments as JSON text again.
    calls = AIMessageChunk(
        content="",
        tool_calls=message.tool_calls,
        invalid_tool_calls=message.invalid_tool_calls,
    ).tool_call_chunks
    return [ToolCallChunk(**{**call, "index": index}) for index, call in enumerate(calls)]


def _usage(message: AIMessage) -> Usage | None:
    reported = message.usage_metadata
    if reported is None:
        return None
    read = reported.get("input_token_details") or {}
    written = reported.get("output_token_details") or {}
    return Usage(
        prompt_tokens=reported["input_tokens"],
        completion_tokens=reported["output_tokens"],
        cached_tokens=read.get("cache_read"),
        cache_write_tokens=read.get("cache_creation"),
        reasoning_tokens=written.get("reasoning"),
        input_audio_tokens=read.get("audio"),
        output_audio_tokens=written.get("audio"),
    )


def _sum(a: Usage, b: Usage) -> Usage:
    return Usage(
        prompt_tokens=_plus(a.prompt_tokens, b.prompt_tokens),
        completion_tokens=_plus(a.completion_tokens, b.completion_tokens),
        cached_tokens=_plus(a.cached_tokens, b.cached_tokens),
        cache_write_tokens=_plus(a.cache_write_tokens, b.cache_write_tokens),
        reasoning_tokens=_plus(a.reasoning_tokens, b.reasoning_tokens),
        input_audio_tokens=_plus(a.input_audio_tokens, b.input_audio_tokens),
        output_audio_tokens=_plus(a.output_audio_tokens, b.output_audio_tokens),
    )


def _plus(a: int | None, b: int | None) -> int | None:
    return b if a is None else a + (b or 0)
