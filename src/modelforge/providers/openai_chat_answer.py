"""What the OpenAI chat completions protocol answers."""

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
from modelforge.providers.json_shape import (
    NotTheProtocol,
    array,
    count,
    first_count,
    table,
    text,
    total,
)
from modelforge.providers.sse_answer import SseAnswer
from modelforge.providers.tool_calls import arguments_text, opening

_FINISH: Final = {"function_call": "tool_calls", "model_length": "length"}
"""Words that servers use for a reason the protocol has its own word for."""


class OpenAIChatStream(SseAnswer):
    """Reads ``chat.completion.chunk`` events."""

    noun = "a chat completion chunk"
    end = "[DONE]"
    sentinel = b"[DONE]"

    def __init__(self) -> None:
        super().__init__()
        self._tool_calls = _StreamedToolCalls()

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what one chunk says."""
        choice: dict[str, Any] | None = None
        if (choices := document.get("choices")) and (choice := _first_choice(choices)):
            delta = table(choice.get("delta") or {})
            content = delta.get("content")
            if content and len(delta) == 1 and isinstance(content, str):  # as nearly every chunk
                events.append(TextDelta(text=content))
            else:
                _read_message(delta, events)
                self._tool_calls.read(delta, events)
            if reason := choice.get("finish_reason"):
                self.finished = True
                events.append(_finish(reason))
        # Moonshot counts inside of the last choice.
        if usage := document.get("usage") or (choice and choice.get("usage")):
            events.append(UsageReport(usage=_usage(table(usage))))


class OpenAIChatBody(JsonAnswer):
    """Reads one ``chat.completion`` object."""

    noun = "a chat completion"

    def read(self, document: dict[str, Any], events: list[ChatEvent]) -> None:
        """Append what the completion says."""
        choice = _first_choice(document.get("choices"))
        if choice is None:
            raise NotTheProtocol
        message = table(choice.get("message"))
        _read_message(message, events)
        for index, call in enumerate(_tool_calls(message)):
            events.append(opening(index, call.get("id"), *_called(call)))
        if reason := choice.get("finish_reason"):
            events.append(_finish(reason))
        if usage := document.get("usage"):
            events.append(UsageReport(usage=_usage(table(usage))))


class _StreamedToolCalls:
    """Tells the streamed calls of one answer apart, whichever way the server marks them.

    By ``index``; by ``id`` when there is none; and where a server gives every call the same index,
    by a new id that comes with a name. A piece with neither belongs to the last call.
    """

    def __init__(self) -> None:
        self._by_mark: dict[int | str, int] = {}
        self._ids: list[str | None] = []

    def read(self, delta: dict[str, Any], events: list[ChatEvent]) -> None:
        for piece in _tool_calls(delta):
            name, arguments = _called(piece)
            call_id = text(piece.get("id") or "") or None
            known = self._known(piece.get("index"), call_id, named=bool(name))
            if known is None:
                new = len(self._ids)
                self._ids.append(call_id)
                if (mark := _mark(piece.get("index"), call_id)) is not None:
                    self._by_mark[mark] = new
                events.append(opening(new, call_id, name, arguments))
            elif more := arguments_text(arguments):
                events.append(ToolCallDelta(index=known, arguments=more))

    def _known(self, index: Any, call_id: str | None, *, named: bool) -> int | None:
        """The call that a piece continues, None when it begins one."""
        mark = _mark(index, call_id)
        if mark is None:
            return None if named or not self._ids else len(self._ids) - 1
        known = self._by_mark.get(mark)
        if known is not None and named and call_id and call_id != self._ids[known]:
            return None
        return known


def _mark(index: Any, call_id: str | None) -> int | str | None:
    return call_id if count(index) is None else count(index)


def _first_choice(choices: Any) -> dict[str, Any] | None:
    """The choice of index 0; others were asked for by ``extra`` and are nobody's answer."""
    if not isinstance(choices, list):
        raise NotTheProtocol
    for choice in choices:
        if not isinstance(choice, dict):
            raise NotTheProtocol
        if not choice.get("index"):
            return choice
    return None


def _tool_calls(message: dict[str, Any]) -> list[dict[str, Any]]:
    """``tool_calls``, or the one call of the deprecated ``function_call``."""
    if calls := message.get("tool_calls"):
        return [table(call) for call in array(calls)]
    if function := message.get("function_call"):
        return [{"index": 0, "function": function}]
    return []


def _called(call: dict[str, Any]) -> tuple[Any, Any]:
    """The name of what is called and its arguments; a custom tool takes one free text."""
    if custom := call.get("custom"):
        return table(custom).get("name"), table(custom).get("input")
    function = table(call.get("function") or {})
    return function.get("name"), function.get("arguments")


def _read_message(message: dict[str, Any], events: list[ChatEvent]) -> None:
    """Events of a ``delta`` or a ``message``: reasoning first, as it was thought."""
    if reasoning := message.get("reasoning_content") or message.get("reasoning"):
        events.append(ReasoningDelta(text=text(reasoning)))
    if content := message.get("content"):
        if isinstance(content, list):
            _read_parts(content, events)
        else:
            events.append(TextDelta(text=text(content)))
    if refusal := message.get("refusal"):
        events.append(RefusalDelta(text=text(refusal)))


def _read_parts(parts: list[Any], events: list[ChatEvent]) -> None:
    for part in map(table, parts):
        kind = part.get("type")
        if kind == "text" and part.get("text"):
            events.append(TextDelta(text=text(part["text"])))
        elif kind == "refusal" and part.get("refusal"):
            events.append(RefusalDelta(text=text(part["refusal"])))
        elif kind == "thinking":
            pieces = array(part.get("thinking"))
            if thought := "".join(text(table(piece).get("text", "")) for piece in pieces):
                events.append(ReasoningDelta(text=thought))


def _finish(reason: Any) -> Finish:
    return Finish(reason=_FINISH.get(text(reason), reason))


def _completion(usage: dict[str, Any], reasoning: int | None) -> int | None:
    """The completion's tokens, reasoning included.

    Some servers (xAI) count reasoning beside the completion: their total then says so.
    """
    completion = count(usage.get("completion_tokens"))
    if completion is None or not reasoning:
        return completion
    apart = total(count(usage.get("prompt_tokens")), completion, reasoning)
    return completion + reasoning if count(usage.get("total_tokens")) == apart else completion


def _usage(usage: dict[str, Any]) -> Usage:
    prompt_details = table(usage.get("prompt_tokens_details") or {})
    completion_details = table(usage.get("completion_tokens_details") or {})
    reasoning = count(completion_details.get("reasoning_tokens"))
    return Usage(
        prompt_tokens=count(usage.get("prompt_tokens")),
        completion_tokens=_completion(usage, reasoning),
        cached_tokens=first_count(
            prompt_details.get("cached_tokens"), usage.get("prompt_cache_hit_tokens")
        ),
        cache_write_tokens=count(prompt_details.get("cache_write_tokens")),
        reasoning_tokens=reasoning,
        input_audio_tokens=count(prompt_details.get("audio_tokens")),
        output_audio_tokens=count(completion_details.get("audio_tokens")),
    )
