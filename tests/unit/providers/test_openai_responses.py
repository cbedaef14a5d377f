from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import (
    ConfigError,
    EmptyResponse,
    MalformedResponse,
    PromptError,
    ServerFailed,
    StreamCut,
)
from modelforge.core.events import (
    Finish,
    ReasoningDelta,
    RefusalDelta,
    TextDelta,
    ToolCallDelta,
    UsageReport,
)
from modelforge.core.generation import Generation
from modelforge.core.prompt import ImagePart, Message, Prompt, TextPart
from modelforge.core.usage import Usage
from modelforge.providers.openai_responses import OpenAIResponses
from tests.support.codec_probe import (
    PNG,
    WEATHER,
    hear_body,
    hear_stream,
    json_of,
    segments,
    sse,
    told,
    tool_conversation,
)

CODEC = OpenAIResponses()
COUNTS = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 16,
}
USAGE = Usage(prompt_tokens=9, completion_tokens=7, cached_tokens=4, reasoning_tokens=2)


def _event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 1, **fields}


def _end(status: str = "completed", **fields: Any) -> dict[str, Any]:
    response = {"object": "response", "status": status, "error": None, "usage": COUNTS, **fields}
    return _event(status, response=response)


def _call(place: int, call_id: str, arguments: str = "") -> dict[str, Any]:
    item = {"type": "function_call", "id": "fc", "call_id": call_id, "name": "weather"}
    return {"output_index": place, "item": {**item, "arguments": arguments}}


WHOLE = [
    _event("created", response={"status": "in_progress", "error": None}),
    _event("in_progress", response={"status": "in_progress", "error": None}),
    _event("output_item.added", output_index=0, item={"type": "reasoning", "summary": []}),
    _event("reasoning_summary_part.added", output_index=0, summary_index=0),
    _event("reasoning_summary_text.delta", output_index=0, summary_index=0, delta="h"),
    _event("reasoning_text.delta", output_index=0, content_index=0, delta="m"),
    _event("reasoning_summary_text.done", output_index=0, text="hm"),
    _event("output_item.added", output_index=1, item={"type": "message", "content": []}),
    _event("content_part.added", output_index=1, part={"type": "output_text", "text": ""}),
    _event("output_text.delta", output_index=1, delta="Hel"),
    _event("output_text.delta", output_index=1, delta="lo"),
    _event("output_text.delta", output_index=1, delta=""),
    _event("output_text.done", output_index=1, text="Hello"),
    _event("output_item.added", **_call(2, "c1")),
    _event("function_call_arguments.delta", output_index=2, delta='{"city":'),
    _event("function_call_arguments.delta", output_index=2, delta='"Oslo"}'),
    _event("function_call_arguments.done", output_index=2, arguments='{"city":"Oslo"}'),
    _event("output_item.done", **_call(2, "c1", '{"city":"Oslo"}')),
    _event("output_item.added", **_call(3, "c2")),
    _event("output_item.done", **_call(3, "c2", "{}")),
    _event("output_item.done", **_call(4, "c3", "{}")),
    _end(),
]
WHOLE_EVENTS = [
    ReasoningDelta(text="h"),
    ReasoningDelta(text="m"),
    TextDelta(text="Hel"),
    TextDelta(text="lo"),
    ToolCallDelta(index=0, id="c1", name="weather"),
    ToolCallDelta(index=0, arguments='{"city":'),
    ToolCallDelta(index=0, arguments='"Oslo"}'),
    ToolCallDelta(index=1, id="c2", name="weather"),
    ToolCallDelta(index=1, arguments="{}"),
    ToolCallDelta(index=2, id="c3", name="weather", arguments="{}"),
    Finish(reason="tool_calls"),
    UsageReport(usage=USAGE),
]


def _body(generation: Generation, *messages: Message) -> dict[str, Any]:
    request = CODEC.encode("m", Prompt(messages=messages), generation)
    assert request.path == "/responses"
    return dict(request.body)


def test_a_request_says_what_was_asked_and_nothing_else() -> None:
    assert CODEC.encode("m", Prompt.of("hi", system="be brief"), Generation()).body == {
        "model": "m",
        "input": [{"role": "user", "content": "hi"}],
        "stream": True,
        "store": False,
        "instructions": "be brief",
    }


def test_settings_have_the_protocols_names() -> None:
    generation = Generation(
        max_tokens=5, temperature=0.0, top_p=0.5, seed=1, tools=(WEATHER,), tool_choice="weather",
        json_schema={"type": "object"}, stream=False,
        extra={"text": {"verbosity": "low"}, "reasoning": {"effort": "low"}},
    )  # fmt: skip
    body = _body(generation, Message(role="user", content="hi"))
    del body["model"], body["input"]
    assert body == {
        "stream": False,
        "store": False,
        "max_output_tokens": 5,
        "temperature": 0.0,
        "top_p": 0.5,
        "tools": [
            {
                "type": "function",
                "name": "weather",
                "description": "The weather now.",
                "parameters": dict(WEATHER.parameters),
                "strict": False,
            }
        ],
        "tool_choice": {"type": "function", "name": "weather"},
        "text": {
            "format": {
                "type": "json_schema",
                "name": "answer",
                "schema": {"type": "object"},
                "strict": True,
            },
            "verbosity": "low",
        },
        "reasoning": {"effort": "low"},
    }


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tool_choices(choice: str) -> None:
    body = _body(Generation(tool_choice=choice), Message(role="user", content="hi"))
    assert body["tool_choice"] == choice


def test_a_conversation_with_tools_is_a_list_of_items() -> None:
    def call(call_id: str, arguments: str) -> dict[str, str]:
        named = {"type": "function_call", "call_id": call_id, "name": "weather"}
        return {**named, "arguments": arguments}

    assert _body(Generation(), *tool_conversation())["input"] == [
        {"role": "user", "content": "Oslo?"},
        {"role": "assistant", "content": "I look."},
        call("c1", '{"city": "Oslo"}'),
        call("c2", ""),
        {"type": "function_call_output", "call_id": "c1", "output": "4 degrees"},
        {
            "type": "function_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "none"}],
        },
        {"role": "user", "content": "And?"},
    ]


def test_pictures() -> None:
    content = (TextPart(text="what?"), ImagePart(url=PNG))
    assert _body(Generation(), Message(role="user", content=content))["input"][0]["content"] == [
        {"type": "input_text", "text": "what?"},
        {"type": "input_image", "image_url": PNG},
    ]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message(role="system", content=(ImagePart(url=PNG),)), "system turn"),
        (Message(role="assistant", content=(ImagePart(url=PNG),)), "assistant turn"),
        (Message(role="tool", content="x"), "tool_call_id"),
    ],
)
def test_what_cannot_be_said(message: Message, words: str) -> None:
    with pytest.raises(PromptError, match=words):
        _body(Generation(), message)


def test_stop_sequences_cannot_be_said() -> None:
    with pytest.raises(ConfigError, match="stop sequences"):
        _body(Generation(stop=("END",)), Message(role="user", content="hi"))


def test_the_key_is_a_bearer_token() -> None:
    assert CODEC.headers("k") == {"Authorization": "Bearer k"}
    assert CODEC.headers(None) == {}


@pytest.mark.parametrize("named", [True, False])
def test_a_whole_stream(named: bool) -> None:
    heard = hear_stream(CODEC, [sse(*WHOLE, named=named)])
    assert (heard.failure, heard.done) == (None, True)
    assert heard.events == WHOLE_EVENTS


@pytest.mark.parametrize(
    ("end", "finish"),
    [
        (_end(), "stop"),
        (_end("incomplete", incomplete_details={"reason": "max_output_tokens"}), "length"),
        (_end("incomplete", incomplete_details={"reason": "content_filter"}), "content_filter"),
        (_end("incomplete", incomplete_details={"reason": "new"}), "new"),
        (_end("incomplete", incomplete_details=None), "incomplete"),
    ],
)
def test_how_an_answer_ends(end: dict[str, Any], finish: str) -> None:
    heard = hear_stream(CODEC, [sse(end)])
    assert heard.events == [Finish(reason=finish), UsageReport(usage=USAGE)]
    assert (heard.failure, heard.done) == (None, True)


def test_a_refusal_is_no_text() -> None:
    stream = sse(
        _event("refusal.delta", delta="No."), _event("refusal.done", refusal="No."), _end()
    )
    assert hear_stream(CODEC, [stream]).events[0] == RefusalDelta(text="No.")


def test_a_failed_response_keeps_what_came() -> None:
    error = {"code": "server_error", "message": "The model failed."}
    stream = sse(_event("output_text.delta", delta="half"), _end("failed", error=error))
    heard = hear_stream(CODEC, [stream])
    assert heard.events == [TextDelta(text="half"), UsageReport(usage=USAGE)]
    assert isinstance(heard.failure, ServerFailed)
    assert "The model failed." in str(heard.failure)


@pytest.mark.parametrize("named", [True, False])
def test_an_error_in_the_middle_keeps_what_came(named: bool) -> None:
    error = {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None}
    stream = sse(_event("output_text.delta", delta="half"), error, _end(), named=named)
    heard = hear_stream(CODEC, [stream])
    assert heard.events == [TextDelta(text="half")]
    assert isinstance(heard.failure, ServerFailed)
    assert "Slow down." in str(heard.failure)


@pytest.mark.parametrize(
    "event",
    [
        _event("queued"),
        _event("web_search_call.searching", output_index=0),
        _event("output_text.annotation.added", annotation={}),
        _event("output_item.added", output_index=0, item={"type": "web_search_call"}),
        _event("function_call_arguments.delta", output_index=8, delta="{}"),
        {"type": "keepalive"},
    ],
)
def test_what_is_unknown_is_passed_over(event: dict[str, Any]) -> None:
    heard = hear_stream(CODEC, [sse(event, _end())])
    assert heard.events == [Finish(reason="stop"), UsageReport(usage=USAGE)]


def test_a_stream_without_its_last_event_was_cut() -> None:
    heard = hear_stream(CODEC, [sse(*WHOLE[:-1])])
    assert heard.events == WHOLE_EVENTS[:-2]
    assert isinstance(heard.failure, StreamCut)


@pytest.mark.parametrize(
    "data",
    [
        b"{not json", b"[1]", b"{}", b'{"type": 7}', b'{"type": "response.completed"}',
        b'{"type": "response.output_text.delta", "delta": 7}',
        b'{"type": "response.output_item.added", "item": 7}',
        b'{"type": "response.function_call_arguments.delta"}',
        b'{"type": "response.completed", "response": {"usage": 7}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_an_event_is_malformed(data: bytes) -> None:
    assert isinstance(hear_stream(CODEC, [sse(data)]).failure, MalformedResponse)


def test_a_whole_body() -> None:
    content = [
        {"type": "output_text", "text": "Hello", "annotations": []},
        {"type": "refusal", "refusal": "No more."},
    ]
    response = {
        "object": "response",
        "status": "completed",
        "error": None,
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
            {"type": "message", "role": "assistant", "content": content},
            {"type": "web_search_call"},
            _call(3, "c1", "{}")["item"],
        ],
        "usage": COUNTS,
    }
    heard = hear_body(CODEC, response)
    assert (heard.failure, heard.done) == (None, True)
    assert heard.events == [
        ReasoningDelta(text="hm"),
        TextDelta(text="Hello"),
        RefusalDelta(text="No more."),
        ToolCallDelta(index=0, id="c1", name="weather", arguments="{}"),
        Finish(reason="tool_calls"),
        UsageReport(usage=USAGE),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"", EmptyResponse),
        (b"<html>", MalformedResponse),
        ({}, MalformedResponse),
        ({"output": [7]}, MalformedResponse),
        ({"status": "failed", "output": [], "error": {"message": "no"}}, ServerFailed),
        ({"status": "failed", "output": [], "error": None}, ServerFailed),
    ],
)
def test_bodies_that_are_no_answer(document: Any, expected: type[Exception]) -> None:
    heard = hear_body(CODEC, document)
    assert (heard.events, heard.done) == ([], False)
    assert isinstance(heard.failure, expected)


def test_the_vendors_own_words() -> None:
    assert CODEC.error_message(b'{"error": {"message": "bad key", "param": null}}') == "bad key"


_json = json_of(
    {"type", "delta", "item", "output_index", "response", "usage", "status", "error", "output",
     "content", "summary", "text", "refusal", "call_id", "name", "arguments",
     "incomplete_details", "reason", "input_tokens_details"},
    {*(event["type"] for event in WHOLE), "error", "failed", "function_call", "message",
     "reasoning", "output_text"},
)  # fmt: skip


@given(st.lists(_json, max_size=4))
def test_no_json_can_raise(documents: list[Any]) -> None:
    hear_stream(CODEC, [sse(*documents)])
    for document in documents:
        hear_body(CODEC, document)


@given(st.lists(st.integers(0, 4000), max_size=8))
def test_segments_change_nothing(cuts: list[int]) -> None:
    stream = sse(*WHOLE, named=True)
    assert told(hear_stream(CODEC, segments(stream, cuts))) == told(hear_stream(CODEC, [stream]))


SAID = {
    "type": "message",
    "content": [
        {"type": "output_text", "text": "Hello"},
        {"type": "refusal", "refusal": "no more"},
    ],
}
THOUGHT = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}
WORDS = [ReasoningDelta(text="hm"), TextDelta(text="Hello"), RefusalDelta(text="no more")]


def _heard_words(*documents: dict[str, Any]) -> list[Any]:
    heard = hear_stream(CODEC, [sse(*documents)])
    assert (heard.failure, heard.done) == (None, True)
    return [event for event in heard.events if not isinstance(event, Finish | UsageReport)]


def test_text_that_only_comes_with_the_item_that_is_done() -> None:
    done = [
        _event("output_item.done", output_index=index, item=item)
        for index, item in enumerate((THOUGHT, SAID))
    ]
    assert _heard_words(*done, _end(output=[THOUGHT, SAID])) == WORDS


def test_text_that_only_comes_with_the_end() -> None:
    assert _heard_words(_end(output=[THOUGHT, SAID])) == WORDS
    called = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
    heard = hear_stream(CODEC, [sse(_end(output=[called]))])
    assert heard.events[:2] == [
        ToolCallDelta(index=0, id="c1", name="weather", arguments="{}"),
        Finish(reason="tool_calls"),
    ]


@pytest.mark.parametrize("places", [{"output_index": 1}, {}])
def test_text_that_came_in_pieces_is_not_repeated(places: dict[str, int]) -> None:
    assert _heard_words(
        _event("output_text.delta", delta="Hel", **places),
        _event("output_text.delta", delta="lo", **places),
        _event("output_item.done", item=SAID, **places),
        _end(output=[SAID]),
    ) == [TextDelta(text="Hel"), TextDelta(text="lo")]


@pytest.mark.parametrize("in_pieces", [True, False])
def test_a_call_of_a_custom_tool(in_pieces: bool) -> None:
    item = {"type": "custom_tool_call", "call_id": "c1", "name": "shell", "input": ""}
    whole = {**item, "input": "ls -l"}
    pieces = [_event("custom_tool_call_input.delta", output_index=0, delta="ls -l")]
    heard = hear_stream(
        CODEC,
        [
            sse(
                _event("output_item.added", output_index=0, item=item),
                *(pieces if in_pieces else []),
                _event("output_item.done", output_index=0, item=whole),
                _end(),
            )
        ],
    )
    assert heard.events[:3] == [
        ToolCallDelta(index=0, id="c1", name="shell"),
        ToolCallDelta(index=0, arguments="ls -l"),
        Finish(reason="tool_calls"),
    ]
    body = hear_body(CODEC, {"status": "completed", "output": [whole]})
    assert body.events == [
        ToolCallDelta(index=0, id="c1", name="shell", arguments="ls -l"),
        Finish(reason="tool_calls"),
    ]
