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
from modelforge.core.events import ChatEvent, Finish, ReasoningDelta, TextDelta, UsageReport
from modelforge.core.generation import Generation
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.providers.openai_chat import MAX_EVENT_BYTES, OpenAIChat
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
        OpenAIChat(max_tokens_field="max_completion_tokens")
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
    for _ in range(MAX_EVENT_BYTES // 2**20 + 1):
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
             "text", "thinking", "prompt_tokens_details", "reasoning"]
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
