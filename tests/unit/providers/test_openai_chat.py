from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import (
    EmptyResponse,
    MalformedResponse,
    ResponseTooLarge,
    ServerFailed,
    StreamCut,
)
from modelforge.core.events import (
    ChatEvent,
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
from modelforge.providers.json_shape import MAX_PIECE_BYTES
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.providers.openai_chat_request import ChatDialect
from tests.support.codec_probe import CALL, PNG, WEATHER, tool_conversation
from tests.support.openai_server import event, stream_of, usage

CODEC = OpenAIChat()


def _stream(*segments: bytes) -> tuple[list[ChatEvent], Exception | None, bool]:
    decoder = CODEC.stream_decoder()
    events: list[ChatEvent] = []
    for segment in segments:
        events += decoder.feed(segment)
    if not decoder.done and decoder.failure is None:
        events += decoder.close()
    return events, decoder.failure, decoder.done


def _body(document: Any) -> tuple[list[ChatEvent], Exception | None]:
    decoder = CODEC.body_decoder()
    decoder.feed(document if isinstance(document, bytes) else json.dumps(document).encode())
    return list(decoder.close()), decoder.failure


def test_a_request_says_what_was_asked_and_nothing_else() -> None:
    request = CODEC.encode("m", Prompt.of("hi", system="be brief"), Generation())
    assert request.path == "/chat/completions"
    assert request.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "hi"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_settings_are_sent_under_the_protocols_names() -> None:
    generation = Generation(
        max_tokens=5, temperature=0.0, top_p=0.5, seed=0, stop=("END",), stream=False,
        extra={"top_k": 4, "stream": False},
    )  # fmt: skip
    body = (
        OpenAIChat(ChatDialect(max_tokens_field="max_completion_tokens"))
        .encode("m", Prompt.of("hi"), generation)
        .body
    )
    assert {key: body[key] for key in body if key not in {"model", "messages"}} == {
        "stream": False,
        "max_completion_tokens": 5,
        "temperature": 0.0,
        "top_p": 0.5,
        "seed": 0,
        "stop": ["END"],
        "top_k": 4,
    }


def test_servers_that_want_it_otherwise() -> None:
    codec = OpenAIChat(ChatDialect(seed_field="random_seed", stream_options=False))
    body = codec.encode("m", Prompt.of("hi"), Generation(seed=7)).body
    assert {key: body[key] for key in body if key not in {"model", "messages"}} == {
        "stream": True,
        "random_seed": 7,
    }


def test_tools_and_schemas_are_asked_for() -> None:
    generation = Generation(
        tools=(WEATHER,), tool_choice="weather", json_schema={"type": "object"}, stream=False
    )
    body = CODEC.encode("m", Prompt.of("hi"), generation).body
    function = {
        "name": "weather",
        "description": "The weather now.",
        "parameters": dict(WEATHER.parameters),
    }
    schema = {"name": "answer", "schema": {"type": "object"}, "strict": True}
    assert {key: body[key] for key in body if key not in {"model", "messages", "stream"}} == {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_tool_choices_of_the_protocols_own(choice: str) -> None:
    body = CODEC.encode("m", Prompt.of("hi"), Generation(tool_choice=choice)).body
    assert body["tool_choice"] == choice


def test_a_conversation_with_tools() -> None:
    body = CODEC.encode("m", Prompt(messages=tool_conversation()), Generation()).body
    calls = [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "weather", "arguments": '{"city": "Oslo"}'},
        },
        {"id": "c2", "type": "function", "function": {"name": "weather", "arguments": ""}},
    ]
    assert body["messages"] == [
        {"role": "user", "content": "Oslo?"},
        {"role": "assistant", "content": "I look.", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "c1", "content": "4 degrees"},
        {"role": "tool", "tool_call_id": "c2", "content": [{"type": "text", "text": "none"}]},
        {"role": "user", "content": "And?"},
    ]


def test_a_call_without_words_has_no_content() -> None:
    asked = Message(role="assistant", content="", tool_calls=(CALL,))
    body = CODEC.encode("m", Prompt(messages=(asked,)), Generation()).body
    assert body["messages"][0]["content"] is None


def test_pictures_are_parts() -> None:
    content = (TextPart(text="what?"), ImagePart(url=PNG))
    body = CODEC.encode(
        "m", Prompt(messages=(Message(role="user", content=content),)), Generation()
    )
    assert body.body["messages"][0]["content"] == [
        {"type": "text", "text": "what?"},
        {"type": "image_url", "image_url": {"url": PNG}},
    ]


def test_the_key_is_a_bearer_token() -> None:
    assert CODEC.headers("k") == {"Authorization": "Bearer k"}
    assert CODEC.headers(None) == {}


def _piece(index: int | None, call_id: str | None, name: str | None, arguments: str) -> bytes:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    call = {"index": index, "id": call_id, "type": "function", "function": function}
    return event({"tool_calls": [{key: value for key, value in call.items() if value is not None}]})


TWO_CALLS = [
    ToolCallDelta(index=0, id="a", name="f"),
    ToolCallDelta(index=0, arguments="{}"),
    ToolCallDelta(index=1, id="b", name="g"),
    ToolCallDelta(index=1, arguments="[]"),
]


@pytest.mark.parametrize(
    "pieces",
    [
        [(0, "a", "f", ""), (0, None, None, "{}"), (1, "b", "g", ""), (1, None, None, "[]")],
        [(0, "a", "f", ""), (0, "a", "f", "{}"), (1, "b", "g", ""), (1, "b", "g", "[]")],
        [
            (None, "a", "f", ""),
            (None, "a", None, "{}"),
            (None, "b", "g", ""),
            (None, "b", "g", "[]"),
        ],
        [
            (None, "a", "f", ""),
            (None, None, None, "{}"),
            (None, "b", "g", ""),
            (None, None, None, "[]"),
        ],
        [(0, "a", "f", ""), (0, None, None, "{}"), (0, "b", "g", ""), (0, None, None, "[]")],
        [(0, "a", "f", ""), (0, "x", None, "{}"), (1, "b", "g", ""), (1, "y", None, "[]")],
    ],
    ids=["published", "id and name repeated", "no index", "id only once", "one index", "new ids"],
)
def test_streamed_calls_are_told_apart(pieces: list[tuple[Any, ...]]) -> None:
    events, _, _ = _stream(*(_piece(*piece) for piece in pieces))
    assert events == TWO_CALLS


def test_calls_of_a_server_without_ids_get_their_place() -> None:
    events, _, _ = _stream(_piece(None, None, "f", "{}"), _piece(None, None, "g", ""))
    assert events == [
        ToolCallDelta(index=0, id="call_0", name="f", arguments="{}"),
        ToolCallDelta(index=1, id="call_1", name="g"),
    ]


def test_the_deprecated_function_call() -> None:
    events, _, _ = _stream(
        event({"function_call": {"name": "f", "arguments": "{"}}),
        event({"function_call": {"arguments": "}"}}),
        event({}, finish="function_call"),
    )
    assert events == [
        ToolCallDelta(index=0, id="call_0", name="f", arguments="{"),
        ToolCallDelta(index=0, arguments="}"),
        Finish(reason="tool_calls"),
    ]


def test_a_refusal_is_no_text() -> None:
    events, _, _ = _stream(
        event({"refusal": "I"}), event({"content": [{"type": "refusal", "refusal": " won't"}]})
    )
    assert events == [RefusalDelta(text="I"), RefusalDelta(text=" won't")]


def test_sound_is_passed_over() -> None:
    events, failure, _ = _stream(event({"audio": {"data": "AAAA"}}), event({}, finish="stop"))
    assert (events, failure) == ([Finish(reason="stop")], None)


def test_only_the_first_choice_is_read() -> None:
    choices = [
        {"index": 1, "delta": {"content": "other"}, "finish_reason": "length"},
        {"index": 0, "delta": {"content": "first"}},
    ]
    events, _, _ = _stream(event(choices=choices), event(choices=choices[:1]))
    assert events == [TextDelta(text="first")]


def test_audio_is_counted() -> None:
    usage = {
        "prompt_tokens": 9,
        "prompt_tokens_details": {"audio_tokens": 4},
        "completion_tokens": 5,
        "completion_tokens_details": {"audio_tokens": 2},
    }
    events, _, _ = _stream(event(usage=usage))
    counted = Usage(
        prompt_tokens=9, completion_tokens=5, input_audio_tokens=4, output_audio_tokens=2
    )
    assert events == [UsageReport(usage=counted)]


def test_written_caches_are_counted() -> None:
    details = {"cached_tokens": 4, "cache_write_tokens": 3}
    events, _, _ = _stream(event(usage={"prompt_tokens": 9, "prompt_tokens_details": details}))
    assert events == [
        UsageReport(usage=Usage(prompt_tokens=9, cached_tokens=4, cache_write_tokens=3))
    ]


@pytest.mark.parametrize(
    ("prompt", "said", "thought", "whole", "completion"),
    [
        (10, 7, 5, 22, 12),  # beside the completion, and the total says so
        (10, 7, 5, 17, 7),  # part of it
        (10, 7, 5, None, 7),
        (10, 1, 386, 397, 387),
    ],
)
def test_reasoning_that_is_counted_apart_is_part_of_the_completion(
    prompt: int, said: int, thought: int, whole: int | None, completion: int
) -> None:
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": said,
        "total_tokens": whole,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
    events, _, _ = _stream(event(usage=usage))
    expected = Usage(prompt_tokens=prompt, completion_tokens=completion, reasoning_tokens=thought)
    assert events == [UsageReport(usage=expected)]


def test_an_event_that_says_nothing_keeps_the_connection_alive() -> None:
    stream = b"data:\n\ndata: \n\n" + event(choices=[{"delta": {"content": "hi"}}])
    events, failure, done = _stream(stream, b"data: [DONE] \n\n")
    assert (events, failure, done) == ([TextDelta(text="hi")], None, True)


def test_a_body_of_calls_only() -> None:
    calls = [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"function": {"name": "g", "arguments": {"x": 1}}},
    ]
    choice = {"message": {"content": None, "tool_calls": calls}, "finish_reason": "tool_calls"}
    events, failure = _body({"choices": [choice]})
    assert failure is None
    assert events == [
        ToolCallDelta(index=0, id="a", name="f", arguments="{}"),
        ToolCallDelta(index=1, id="call_1", name="g", arguments='{"x":1}'),
        Finish(reason="tool_calls"),
    ]


def test_a_whole_stream() -> None:
    events, failure, done = _stream(*stream_of(["Hel", "lo"], cached=3, reasoning=1))
    assert (failure, done) == (None, True)
    assert events == [
        TextDelta(text="Hel"),
        TextDelta(text="lo"),
        Finish(reason="stop"),
        UsageReport(
            usage=Usage(prompt_tokens=5, completion_tokens=2, cached_tokens=3, reasoning_tokens=1)
        ),
    ]


def test_role_only_and_empty_deltas_are_not_events() -> None:
    events, _, _ = _stream(
        event({"role": "assistant"}), event({"content": ""}), event({"content": None})
    )
    assert events == []


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_is_told_apart(field: str) -> None:
    events, _, _ = _stream(event({field: "hm"}), event({"content": "yes"}))
    assert events == [ReasoningDelta(text="hm"), TextDelta(text="yes")]


def test_content_parts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    events, _, _ = _stream(event({"content": [thinking, {"type": "text", "text": "yes"}]}))
    assert events == [ReasoningDelta(text="hm"), TextDelta(text="yes")]


def test_a_finish_reason_is_end_enough_without_done() -> None:
    _, failure, _ = _stream(event({"content": "x"}), event({}, finish="length"))
    assert failure is None


def test_done_without_a_last_newline() -> None:
    _, failure, done = _stream(event({"content": "x"}), b"data: [DONE]")
    assert (failure, done) == (None, True)


def test_a_stream_that_just_ends_was_cut() -> None:
    events, failure, _ = _stream(event({"content": "half"}))
    assert events == [TextDelta(text="half")]
    assert isinstance(failure, StreamCut)


def test_an_error_in_the_stream_keeps_what_came_before() -> None:
    said = b'data: {"error": {"message": "over\\nloaded", "code": 529}}\n\n'
    events, failure, _ = _stream(event({"content": "half"}) + said + event({"content": "never"}))
    assert events == [TextDelta(text="half")]
    assert isinstance(failure, ServerFailed)
    assert "over loaded" in str(failure)


@pytest.mark.parametrize(
    "data",
    [
        b"{not json", b"[1]", b"7", b'"x"', b'{"choices": 5}', b'{"choices": [7]}',
        b'{"choices": [{"delta": "x"}]}', b'{"choices": [{"delta": {"content": 7}}]}',
        b'{"choices": [{"delta": {"content": {"a": 1}}}]}', b'{"usage": 7}',
        b'{"choices": [{"delta": {"content": [{"type": "thinking"}]}}]}',
        b"[" * 100_000, b"\xff\xfe",
    ],
)  # fmt: skip
def test_what_is_not_a_chunk_is_malformed(data: bytes) -> None:
    _, failure, _ = _stream(b"data: " + data + b"\n\n")
    assert isinstance(failure, MalformedResponse)
    assert "\n" not in str(failure)
    assert len(str(failure)) < 400


def test_an_event_without_end_is_abandoned() -> None:
    decoder = CODEC.stream_decoder()
    for _ in range(MAX_PIECE_BYTES // 2**20 + 1):
        decoder.feed(b"x" * 2**20)
    assert isinstance(decoder.failure, ResponseTooLarge)


def test_usage_that_cannot_be_is_unknown() -> None:
    odd = {"prompt_tokens": -1, "completion_tokens": 2.5, "completion_tokens_details": None}
    events, _, _ = _stream(event(usage=odd))
    assert events == [UsageReport(usage=Usage())]


def test_deepseeks_cached_tokens() -> None:
    events, _, _ = _stream(event(usage={"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}))
    assert events == [UsageReport(usage=Usage(prompt_tokens=9, cached_tokens=4))]


def test_a_whole_body() -> None:
    message = {"role": "assistant", "content": "Hello", "reasoning_content": "hm"}
    choice = {"message": message, "finish_reason": "stop"}
    events, failure = _body({"choices": [choice], "usage": usage(1, 2)})
    assert failure is None
    assert events[:3] == [
        ReasoningDelta(text="hm"),
        TextDelta(text="Hello"),
        Finish(reason="stop"),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"", EmptyResponse),
        (b"  \n", EmptyResponse),
        (b"<html>", MalformedResponse),
        ([], MalformedResponse),
        ({}, MalformedResponse),
        ({"choices": []}, MalformedResponse),
        ({"choices": [{"message": None}]}, MalformedResponse),
        ({"error": {"message": "no"}}, ServerFailed),
    ],
)
def test_bodies_that_are_no_answer(document: Any, expected: type[Exception]) -> None:
    events, failure = _body(document)
    assert events == []
    assert isinstance(failure, expected)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": {"message": "bad key"}}', "bad key"),
        (b'{"error": "bad key"}', "bad key"),
        (b'{"message": "bad\\n key"}', "bad key"),
        (b'{"detail": "bad key"}', "bad key"),
        (b'[{"error": {"message": "bad key"}}]', "bad key"),
        (b"<html>", None),
        (b"{}", None),
    ],
)
def test_the_providers_own_words(body: bytes, words: str | None) -> None:
    assert CODEC.error_message(body) == words


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "delta", "message", "content", "usage", "error", "finish_reason", "type",
             "text", "thinking", "prompt_tokens_details", "reasoning", "refusal", "tool_calls",
             "function_call", "function", "index", "id", "name", "arguments"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(_json, max_size=4))
def test_no_json_can_raise(documents: list[Any]) -> None:
    _stream(*(b"data: " + json.dumps(document).encode() + b"\n\n" for document in documents))
    for document in documents:
        _body(document)


@given(st.lists(st.text(min_size=1), max_size=8), st.lists(st.integers(0, 500), max_size=8))
def test_segments_change_nothing(texts: list[str], cuts: list[int]) -> None:
    stream = b"".join(stream_of(texts))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    segments = [stream[start:end] for start, end in pairwise(places)]
    assert _stream(*segments) == _stream(stream)


def test_usage_inside_of_the_last_choice() -> None:
    last = {"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage(3, 4, cached=2)}
    chunk = b"data: " + json.dumps({"choices": [last]}).encode() + b"\n\n"
    events, failure, done = _stream(event({"content": "x"}), chunk, b"data: [DONE]\n\n")
    assert (failure, done) == (None, True)
    assert (
        UsageReport(
            usage=Usage(prompt_tokens=3, completion_tokens=4, cached_tokens=2, reasoning_tokens=0)
        )
        in events
    )


@pytest.mark.parametrize("nothing", [None, False, {}, "", 0])
def test_an_empty_error_beside_an_answer_is_none(nothing: Any) -> None:
    events, failure, done = _stream(
        event({"content": "x"}, error=nothing), event({}, finish="stop"), b"data: [DONE]\n\n"
    )
    assert (failure, done, events[0]) == (None, True, TextDelta(text="x"))
    choice = {"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}
    events, failure = _body({"choices": [choice], "error": nothing})
    assert (failure, events[0]) == (None, TextDelta(text="x"))


def test_an_answer_that_says_the_quota_is_used_up_is_not_asked_for_again() -> None:
    spent = {"error": {"message": "pay", "code": "insufficient_quota"}}
    _, failure = _body(spent)
    assert isinstance(failure, ServerFailed)
    assert not failure.retryable
    _, failure, _ = _stream(b"data: " + json.dumps(spent).encode() + b"\n\n")
    assert isinstance(failure, ServerFailed)
    assert not failure.retryable


def test_a_call_of_a_custom_tool() -> None:
    call = {"id": "c1", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}
    events, failure = _body({"choices": [{"index": 0, "message": {"tool_calls": [call]}}]})
    assert failure is None
    assert events == [ToolCallDelta(index=0, id="c1", name="shell", arguments="ls -l")]
    begun = {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "shell", "input": ""}}
    more = {"index": 0, "custom": {"input": "ls"}}
    events, failure, _ = _stream(
        event({"tool_calls": [begun]}), event({"tool_calls": [more]}), b"data: [DONE]\n\n"
    )
    assert failure is None
    assert events == [
        ToolCallDelta(index=0, id="c1", name="shell"),
        ToolCallDelta(index=0, arguments="ls"),
    ]
