"""What the OpenAI Responses protocol answers."""

from __future__ import annotations

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
from modelforge.providers.json_shape import array, count, table, text
from modelforge.providers.sse_answer import SseAnswer
from modelforge.providers.tool_calls import OpenCall, arguments_text, opening

_FINISH: Final = {"max_output_tokens": "length", "content_filter": "content_filter"}
_ARGUMENTS: Final = {"function_call": "arguments", "custom_tool_call": "input"}
"""The items that are calls, and the field that holds what is passed to the tool."""

_DELTAS: Final[dict[str, type[TextDelta | RefusalDelta | ReasoningDelta]]] = {
    "response.output_text.delta": TextDelta,
    "response.refusal.delta": RefusalDelta,
    "response.reasoning_summary_text.delta": ReasoningDelta,
    "response.reasoning_text.delta": ReasoningDelta,
}


class OpenAIResponsesStream(SseAnswer):
    """Reads events up to ``response.completed``, ``.incomplete`` or ``.failed``.

    Events it does not know are passed over.
    """

    noun = "an event of the Responses protocol"
    end = "response.completed"

    def __init__(self) -> None:
        super().__init__()
        self._calls: dict[int, OpenCall] = {}
        self._told: set[int | None] = set()

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what one event says."""
        kind = text(document.get("type"))
        if delta := _DELTAS.get(kind):
            if said := text(document.get("delta")):
                events.append(delta(text=said))
                self._told.add(count(document.get("output_index")))
            return
        match kind:
            case "response.output_item.added":
                self._read_call(document, events)
            case "response.output_item.done":
                self._read_call(document, events)
                self._read_untold(document, events)
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                self._read_arguments(document, events)
            case "response.completed" | "response.incomplete":
                self._end(table(document.get("response")), events)
            case "response.failed":
                response = table(document.get("response"))
                _read_usage(response, events)
                self.fail(response)
            case "error":
                self.fail(document)

    def _read_call(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """A call begins when its item is added; what never arrived in pieces comes when done."""
        item = table(document.get("item"))
        if (given := _ARGUMENTS.get(text(item.get("type") or ""))) is None:
            return
        arguments = arguments_text(item.get(given))
        place = _place(document)
        call = self._calls.get(place)
        if call is None:
            call = self._calls[place] = OpenCall(len(self._calls))
            events.append(opening(call.index, item.get("call_id"), item.get("name"), arguments))
        elif arguments and not call.has_arguments:
            events.append(ToolCallDelta(index=call.index, arguments=arguments))
        call.has_arguments = call.has_arguments or bool(arguments)

    def _read_untold(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """The words of an item that is done, from a server that sent none of them in pieces."""
        place = count(document.get("output_index"))
        if not self._told & {place, None}:
            before = len(events)
            _read_words(table(document.get("item")), events)
            if len(events) > before:
                self._told.add(place)

    def _read_arguments(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        call = self._calls.get(_place(document))
        arguments = text(document.get("delta"))
        if call is not None and arguments:
            call.has_arguments = True
            events.append(ToolCallDelta(index=call.index, arguments=arguments))

    def _end(self, response: dict[str, Any], events: list[ChatEvent]) -> None:
        called = bool(self._calls)
        if not self._told and not called:  # a server that sends only the whole
            called = _read_output(response.get("output") or [], events) > 0
        _read_end(response, events, called=called)
        self.done = True


class OpenAIResponsesBody(JsonAnswer):
    """Reads one ``response`` object."""

    noun = "a response"

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what the response says."""
        calls = _read_output(document.get("output"), events)
        if document.get("status") == "failed":
            _read_usage(document, events)
            self.fail(document)
        else:
            _read_end(document, events, called=calls > 0)


def _place(document: dict[str, Any]) -> int:
    """The place of an item in the output; calls are told apart by it."""
    return count(document.get("output_index")) or 0


def _read_output(output: Any, events: list[ChatEvent]) -> int:
    """Everything that the items of an output say; returns how many of them are calls."""
    calls = 0
    for item in map(table, array(output)):
        if given := _ARGUMENTS.get(text(item.get("type") or "")):
            events.append(opening(calls, item.get("call_id"), item.get("name"), item.get(given)))
            calls += 1
        else:
            _read_words(item, events)
    return calls


def _read_words(item: dict[str, Any], events: list[ChatEvent]) -> None:
    match item.get("type"):
        case "message":
            _read_message(item, events)
        case "reasoning":
            _read_reasoning(item, events)


def _read_message(item: dict[str, Any], events: list[ChatEvent]) -> None:
    for part in map(table, array(item.get("content"))):
        match part.get("type"):
            case "output_text":
                if said := text(part.get("text") or ""):
                    events.append(TextDelta(text=said))
            case "refusal":
                if said := text(part.get("refusal") or ""):
                    events.append(RefusalDelta(text=said))


def _read_reasoning(item: dict[str, Any], events: list[ChatEvent]) -> None:
    parts = array(item.get("summary") or []) + array(item.get("content") or [])
    said = (text(table(part).get("text") or "") for part in parts)
    events.extend(ReasoningDelta(text=thought) for thought in said if thought)


def _read_end(response: dict[str, Any], events: list[ChatEvent], *, called: bool) -> None:
    """Why the response ended, and its usage. A word of the server's own is kept as it is."""
    status = text(response.get("status") or "completed")
    if status == "completed":
        reason = "tool_calls" if called else "stop"
    else:
        details = table(response.get("incomplete_details") or {})
        word = text(details.get("reason") or status)
        reason = _FINISH.get(word, word)
    events.append(Finish(reason=reason))
    _read_usage(response, events)


def _read_usage(response: dict[str, Any], events: list[ChatEvent]) -> None:
    if not (usage := response.get("usage")):
        return
    counted = table(usage)
    prompt_details = table(counted.get("input_tokens_details") or {})
    completion_details = table(counted.get("output_tokens_details") or {})
    events.append(
        UsageReport(
            usage=Usage(
                prompt_tokens=count(counted.get("input_tokens")),
                completion_tokens=count(counted.get("output_tokens")),
                cached_tokens=count(prompt_details.get("cached_tokens")),
                cache_write_tokens=count(prompt_details.get("cache_write_tokens")),
                reasoning_tokens=count(completion_details.get("reasoning_tokens")),
            )
        )
    )
