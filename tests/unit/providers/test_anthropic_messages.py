from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import (
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
from modelforge.core.prompt import ImagePart, Message, Prompt, TextPart, ToolCall
from modelforge.core.usage import Usage
from modelforge.providers.anthropic_messages import AnthropicMessages
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

CODEC = AnthropicMessages()

START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m",
        "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 10, "cache_read_input_tokens": 20,
                  "cache_creation_input_tokens": 5, "output_tokens": 1},
    },
}  # fmt: skip
STOP = {"type": "message_stop"}


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _text(index: int, *texts: str) -> list[dict[str, Any]]:
    deltas = ({"type": "text_delta", "text": text} for text in texts)
    return _block(index, {"type": "text", "text": ""}, *deltas)


def _end(reason: str, output: int = 7, **delta: Any) -> list[dict[str, Any]]:
    changed = {"stop_reason": reason, "stop_sequence": None, **delta}
    return [{"type": "message_delta", "delta": changed, "usage": {"output_tokens": output}}, STOP]


THOUGHT = _block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "hm"},
    {"type": "signature_delta", "signature": "EqQB"},
)
TOOL = _block(
    2,
    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "input_json_delta", "partial_json": '{"city":'},
    {"type": "input_json_delta", "partial_json": '"Oslo"}'},
)
BARE_TOOL = _block(3, {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}})
WHOLE: list[dict[str, Any]] = [START, {"type": "ping"}, *THOUGHT, *_text(1, "Hel", "lo"), *TOOL,
         *BARE_TOOL, *_end("tool_use")]  # fmt: skip
PROMPTED = Usage(prompt_tokens=35, cached_tokens=20, cache_write_tokens=5)
COUNTED = Usage(prompt_tokens=35, completion_tokens=7, cached_tokens=20, cache_write_tokens=5)
WHOLE_EVENTS = [
    UsageReport(usage=PROMPTED),
    ReasoningDelta(text="hm"),
    TextDelta(text="Hel"),
    TextDelta(text="lo"),
    ToolCallDelta(index=0, id="toolu_1", name="weather"),
    ToolCallDelta(index=0, arguments='{"city":'),
    ToolCallDelta(index=0, arguments='"Oslo"}'),
    ToolCallDelta(index=1, id="toolu_2", name="now"),
    ToolCallDelta(index=1, arguments="{}"),
    Finish(reason="tool_calls"),
    UsageReport(usage=COUNTED),
]


def _body(generation: Generation, *messages: Message) -> dict[str, Any]:
    request = CODEC.encode("m", Prompt(messages=messages), generation)
    assert request.path == "/messages"
    return dict(request.body)


def test_a_request_has_a_limit_and_its_system_apart() -> None:
    request = CODEC.encode("m", Prompt.of("hi", system="be brief"), Generation())
    assert request.body == {
        "model": "m",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "stream": True,
        "system": "be brief",
    }


def test_settings_have_the_protocols_names() -> None:
    generation = Generation(
        max_tokens=5, temperature=0.0, top_p=0.5, seed=1, stop=("END",), stream=False,
        tools=(WEATHER,), tool_choice="required", json_schema={"type": "object"},
        extra={"top_k": 4, "output_config": {"effort": "low"}},
    )  # fmt: skip
    body = _body(generation, Message(role="user", content="hi"))
    del body["model"], body["messages"]
    assert body == {
        "max_tokens": 5,
        "stream": False,
        "temperature": 0.0,
        "top_p": 0.5,
        "stop_sequences": ["END"],
        "tools": [
            {
                "name": "weather",
                "description": "The weather now.",
                "input_schema": dict(WEATHER.parameters),
            }
        ],
        "tool_choice": {"type": "any"},
        "output_config": {
            "format": {"type": "json_schema", "schema": {"type": "object"}},
            "effort": "low",
        },
        "top_k": 4,
    }


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("weather", {"type": "tool", "name": "weather"}),
    ],
)
def test_tool_choices(choice: str, sent: dict[str, str]) -> None:
    body = _body(Generation(tools=(WEATHER,), tool_choice=choice), Message(role="user", content=""))
    assert body["tool_choice"] == sent


def test_answers_of_tools_and_what_follows_are_one_turn_of_the_user() -> None:
    assert _body(Generation(), *tool_conversation())["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Oslo?"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Oslo"}},
                {"type": "tool_use", "id": "c2", "name": "weather", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "c1",
                    "content": [{"type": "text", "text": "4 degrees"}],
                },
                {
                    "type": "tool_result",
                    "tool_use_id": "c2",
                    "content": [{"type": "text", "text": "none"}],
                },
                {"type": "text", "text": "And?"},
            ],
        },
    ]


def test_pictures() -> None:
    content = (
        TextPart(text="what?"),
        ImagePart(url=PNG),
        ImagePart(url="https://example.org/a.jpg"),
        ImagePart(url="data:image/svg+xml,%3Csvg%2F%3E"),
    )
    body = _body(Generation(), Message(role="user", content=content))
    assert body["messages"][0]["content"][1:] == [
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0="},
        },
        {"type": "image", "source": {"type": "url", "url": "https://example.org/a.jpg"}},
        {
            "type": "image",
            "source": {"type": "base64", "media_type": "image/svg+xml", "data": "PHN2Zy8+"},
        },
    ]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message(role="system", content=(ImagePart(url=PNG),)), "system turn"),
        (Message(role="user", content=(ImagePart(url="data:x"),)), "data: URL"),
        (Message(role="tool", content="x"), "tool_call_id"),
        (
            Message(
                role="assistant",
                content="",
                tool_calls=(ToolCall(id="a", name="b", arguments="["),),
            ),
            "not a JSON object",
        ),
    ],
)
def test_what_cannot_be_said(message: Message, words: str) -> None:
    with pytest.raises(PromptError, match=words):
        _body(Generation(), message)


def test_headers_carry_the_version_even_without_a_key() -> None:
    assert CODEC.headers("k") == {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    assert CODEC.headers(None) == {"anthropic-version": "2023-06-01"}


def test_a_whole_stream() -> None:
    heard = hear_stream(CODEC, [sse(*WHOLE, named=True)])
    assert (heard.failure, heard.done) == (None, True)
    assert heard.events == WHOLE_EVENTS


def test_events_without_names_are_read_by_their_type() -> None:
    assert hear_stream(CODEC, [sse(*WHOLE)]).events == WHOLE_EVENTS


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("refusal", "content_filter"),
        ("pause_turn", "pause_turn"),
    ],
)
def test_stop_reasons(reason: str, finish: str) -> None:
    events = hear_stream(CODEC, [sse(START, *_end(reason))]).events
    assert Finish(reason=finish) in events


def test_a_refusal_says_why() -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "That could do harm."}
    heard = hear_stream(CODEC, [sse(START, *_end("refusal", stop_details=details))])
    assert heard.events[1:3] == [
        RefusalDelta(text="That could do harm."),
        Finish(reason="content_filter"),
    ]


def test_later_counts_replace_earlier_ones() -> None:
    usage = {"input_tokens": 11, "cache_read_input_tokens": None, "output_tokens": 9,
             "output_tokens_details": {"thinking_tokens": 4}}  # fmt: skip
    stream = sse(START, {"type": "message_delta", "delta": {}, "usage": usage}, STOP)
    assert hear_stream(CODEC, [stream]).events[-1] == UsageReport(
        usage=Usage(
            prompt_tokens=36, completion_tokens=9, cached_tokens=20, cache_write_tokens=5,
            reasoning_tokens=4,
        )
    )  # fmt: skip


def test_what_is_kept_for_an_hour_is_counted_apart() -> None:
    usage = {"cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3}}
    stream = sse(START, {"type": "message_delta", "delta": {}, "usage": usage}, STOP)
    heard = hear_stream(CODEC, [stream]).events[-1]
    assert heard == UsageReport(usage=replace(PROMPTED, cache_write_1h_tokens=3))


def test_usage_without_caches_is_not_made_up() -> None:
    bare = {"type": "message_start", "message": {"usage": {"input_tokens": 3, "output_tokens": 1}}}
    assert hear_stream(CODEC, [sse(bare, STOP)]).events == [
        UsageReport(usage=Usage(prompt_tokens=3))
    ]


def test_an_empty_answer_is_an_answer() -> None:
    heard = hear_stream(CODEC, [sse(START, *_end("end_turn", 0))])
    assert heard.failure is None
    assert [type(event) for event in heard.events] == [UsageReport, Finish, UsageReport]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "ping"},
        {"type": "something_new", "anything": 7},
        *_block(9, {"type": "redacted_thinking", "data": "x"}),
        *_block(9, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                {"type": "input_json_delta", "partial_json": "{}"},
                {"type": "citations_delta", "citation": {}}, {"type": "new_delta"}),
    ],
)  # fmt: skip
def test_what_is_unknown_is_passed_over(event: dict[str, Any]) -> None:
    heard = hear_stream(CODEC, [sse(event, STOP)])
    assert (heard.events, heard.failure, heard.done) == ([], None, True)


def test_a_stream_without_its_stop_was_cut() -> None:
    heard = hear_stream(CODEC, [sse(*WHOLE[:-1])])
    assert heard.events == WHOLE_EVENTS
    assert isinstance(heard.failure, StreamCut)
    assert "message_stop" in str(heard.failure)


@pytest.mark.parametrize("named", [True, False])
def test_an_error_in_the_middle_keeps_what_came(named: bool) -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    heard = hear_stream(CODEC, [sse(*_text(0, "half"), error, *_text(1, "never"), named=named)])
    assert heard.events == [TextDelta(text="half")]
    assert isinstance(heard.failure, ServerFailed)
    assert "Overloaded" in str(heard.failure)


@pytest.mark.parametrize(
    "data",
    [
        b"{not json", b"[1]", b"{}", b'{"type": 7}', b'{"type": "message_start"}',
        b'{"type": "content_block_start"}', b'{"type": "content_block_delta", "delta": 1}',
        b'{"type": "content_block_delta", "delta": {"type": "text_delta", "text": 1}}',
        b'{"type": "message_delta", "delta": {"stop_reason": {"a": 1}}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_an_event_is_malformed(data: bytes) -> None:
    failure = hear_stream(CODEC, [sse(data)]).failure
    assert isinstance(failure, MalformedResponse)
    assert len(str(failure)) < 400


def test_a_whole_body() -> None:
    message = {
        "type": "message",
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": "x"},
            {"type": "text", "text": "Hello"},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Ås"}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }
    heard = hear_body(CODEC, message)
    assert (heard.failure, heard.done) == (None, True)
    assert heard.events == [
        ReasoningDelta(text="hm"),
        TextDelta(text="Hello"),
        ToolCallDelta(index=0, id="toolu_1", name="weather", arguments='{"city":"Ås"}'),
        ToolCallDelta(index=1, id="toolu_2", name="now", arguments="{}"),
        Finish(reason="tool_calls"),
        UsageReport(usage=Usage(prompt_tokens=3, completion_tokens=4)),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b" \n", EmptyResponse),
        (b"<html>", MalformedResponse),
        ({}, MalformedResponse),
        ({"content": [7]}, MalformedResponse),
        ({"type": "error", "error": {"type": "api_error", "message": "no"}}, ServerFailed),
    ],
)
def test_bodies_that_are_no_answer(document: Any, expected: type[Exception]) -> None:
    heard = hear_body(CODEC, document)
    assert (heard.events, heard.done) == ([], False)
    assert isinstance(heard.failure, expected)


def test_the_vendors_own_words() -> None:
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"too long"}}'
    assert CODEC.error_message(body) == "too long"
    assert CODEC.error_message(b"<html>") is None


_json = json_of(
    {"type", "message", "usage", "content_block", "delta", "index", "text", "thinking",
     "partial_json", "stop_reason", "stop_details", "content", "input", "error", "id", "name",
     "input_tokens", "output_tokens_details"},
    {*(event["type"] for event in WHOLE), "text_delta", "thinking_delta", "input_json_delta",
     "text", "thinking", "tool_use"},
)  # fmt: skip


@given(st.lists(_json, max_size=4))
def test_no_json_can_raise(documents: list[Any]) -> None:
    hear_stream(CODEC, [sse(*documents)])
    for document in documents:
        hear_body(CODEC, document)


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_segments_change_nothing(cuts: list[int]) -> None:
    stream = sse(*WHOLE, named=True)
    assert told(hear_stream(CODEC, segments(stream, cuts))) == told(hear_stream(CODEC, [stream]))


def test_a_delta_of_nothing_is_passed_over() -> None:
    deltas: list[dict[str, Any]] = [
        {"type": "text_delta", "text": None},
        {"type": "thinking_delta", "thinking": None},
        {"type": "input_json_delta", "partial_json": None},
        {"type": "text_delta", "text": "hi"},
    ]
    block = _block(0, {"type": "text", "text": ""}, *deltas)
    heard = hear_stream(CODEC, [sse(START, *block, STOP, named=True)])
    assert heard.failure is None
    assert TextDelta(text="hi") in heard.events
