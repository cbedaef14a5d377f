"""What the Anthropic messages protocol answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

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
from modelforge.providers.json_answer import JsonAnswer
from modelforge.providers.json_shape import array, count, table, text, total
from modelforge.providers.sse_answer import SseAnswer
from modelforge.providers.tool_calls import OpenCall, opening

_FINISH: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicStream(SseAnswer):
    """Reads ``message_start`` to ``message_stop``; events it does not know are passed over."""

    noun = "an event of the messages protocol"
    end = "message_stop"

    def __init__(self) -> None:
        super().__init__()
        self._usage: dict[str, Any] = {}
        self._calls: dict[int, OpenCall] = {}
        self._readers: dict[str, Callable[[dict[str, Any], list[ChatEvent]], None]] = {
            "message_start": self._message_start,
            "content_block_start": self._block_start,
            "content_block_delta": self._block_delta,
            "content_block_stop": self._block_stop,
            "message_delta": self._message_delta,
            "message_stop": self._message_stop,
        }

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what one event says."""
        if reader := self._readers.get(text(document.get("type"))):
            reader(document, events)

    def _message_start(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        usage = table(table(document.get("message")).get("usage") or {})
        # The output tokens counted before any output are no count of the answer's.
        self._count({**usage, "output_tokens": None}, events)

    def _block_start(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        block = table(document.get("content_block"))
        if block.get("type") != "tool_use":
            _read_block(block, events)
            return
        call = OpenCall(len(self._calls))
        self._calls[_place(document)] = call
        given = block.get("input") or ""
        call.has_arguments = bool(given)
        events.append(opening(call.index, block.get("id"), block.get("name"), given))

    def _block_delta(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        delta = table(document.get("delta"))
        match delta.get("type"):
            case "text_delta":
                if said := text(delta.get("text") or ""):
                    events.append(TextDelta(text=said))
            case "thinking_delta":
                if thought := text(delta.get("thinking") or ""):
                    events.append(ReasoningDelta(text=thought))
            case "input_json_delta":
                # Other blocks with input are calls of the server's own tools.
                call = self._calls.get(_place(document))
                arguments = text(delta.get("partial_json") or "")
                if call is not None and arguments:
                    call.has_arguments = True
                    events.append(ToolCallDelta(index=call.index, arguments=arguments))

    def _block_stop(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        call = self._calls.get(_place(document))
        if call is not None and not call.has_arguments:
            call.has_arguments = True
            events.append(ToolCallDelta(index=call.index, arguments="{}"))

    def _message_delta(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        _read_stop(table(document.get("delta") or {}), events)
        self._count(table(document.get("usage") or {}), events)

    def _message_stop(self, _document: dict[str, Any], _events: list[ChatEvent]) -> None:
        self.done = True

    def _count(self, usage: dict[str, Any], events: list[ChatEvent]) -> None:
        """Report ``usage`` over what was counted before: later counts are cumulative."""
        told = {name: value for name, value in usage.items() if value is not None}
        if told:
            self._usage |= told
            events.append(UsageReport(usage=_usage(self._usage)))


class AnthropicBody(JsonAnswer):
    """Reads one ``message`` object."""

    noun = "a message"

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what the message says."""
        calls = 0
        for block in map(table, array(document.get("content"))):
            if block.get("type") == "tool_use":
                arguments = block.get("input") or {}
                events.append(opening(calls, block.get("id"), block.get("name"), arguments))
                calls += 1
            else:
                _read_block(block, events)
        _read_stop(document, events)
        if usage := document.get("usage"):
            events.append(UsageReport(usage=_usage(table(usage))))


def _place(document: dict[str, Any]) -> int:
    """The place of a block in the message; calls are told apart by it."""
    return count(document.get("index")) or 0


def _read_block(block: dict[str, Any], events: list[ChatEvent]) -> None:
    """What a block of text or thinking holds; other blocks are the server's own affair."""
    match block.get("type"):
        case "text":
            if said := text(block.get("text") or ""):
                events.append(TextDelta(text=said))
        case "thinking":
            if thought := text(block.get("thinking") or ""):
                events.append(ReasoningDelta(text=thought))


def _read_stop(stop: dict[str, Any], events: list[ChatEvent]) -> None:
    details = table(stop.get("stop_details") or {})
    if explanation := details.get("explanation"):
        events.append(RefusalDelta(text=text(explanation)))
    if reason := stop.get("stop_reason"):
        events.append(Finish(reason=_FINISH.get(text(reason), reason)))


def _usage(usage: dict[str, Any]) -> Usage:
    """The protocol counts what is read from and written to a cache apart from ``input_tokens``."""
    uncached = count(usage.get("input_tokens"))
    cached = count(usage.get("cache_read_input_tokens"))
    written = count(usage.get("cache_creation_input_tokens"))
    details = table(usage.get("output_tokens_details") or {})
    kept = table(usage.get("cache_creation") or {})
    return Usage(
        prompt_tokens=None if uncached is None else total(uncached, cached, written),
        completion_tokens=count(usage.get("output_tokens")),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=count(details.get("thinking_tokens")),
        cache_write_1h_tokens=count(kept.get("ephemeral_1h_input_tokens")),
    )
