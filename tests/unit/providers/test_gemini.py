from __future__ import annotations

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
from modelforge.providers.gemini import Gemini
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

CODEC = Gemini()
COUNTS = {
    "promptTokenCount": 12, "cachedContentTokenCount": 4, "candidatesTokenCount": 71,
    "toolUsePromptTokenCount": 65, "thoughtsTokenCount": 89, "totalTokenCount": 237,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}],
}  # fmt: skip
USAGE = Usage(prompt_tokens=77, completion_tokens=160, cached_tokens=4, reasoning_tokens=89)


def _piece(*parts: dict[str, Any], finish: str | None = None, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "m", "responseId": "r", **fields}


WHOLE = [
    _piece({"text": "hm", "thought": True}),
    _piece({"text": "Hel"}),
    _piece({"text": "lo", "thoughtSignature": "EjQK"}),
    _piece(
        {"functionCall": {"name": "weather", "args": {"city": "Ås"}}, "thoughtSignature": "EjQK"},
        {"functionCall": {"id": "f2", "name": "now"}},
    ),
    _piece({"text": ""}, finish="STOP", usageMetadata=COUNTS),
]
WHOLE_EVENTS = [
    ReasoningDelta(text="hm"),
    TextDelta(text="Hel"),
    TextDelta(text="lo"),
    ToolCallDelta(index=0, id="call_0", name="weather", arguments='{"city":"Ås"}'),
    ToolCallDelta(index=1, id="f2", name="now", arguments="{}"),
    Finish(reason="tool_calls"),
    UsageReport(usage=USAGE),
]


def _body(generation: Generation, *messages: Message) -> dict[str, Any]:
    return dict(CODEC.encode("m", Prompt(messages=messages), generation).body)


def test_a_request_says_what_was_asked_and_nothing_else() -> None:
    request = CODEC.encode("gemini-2.5-flash", Prompt.of("hi", system="be brief"), Generation())
    assert request.path == "/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert request.body == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "systemInstruction": {"parts": [{"text": "be brief"}]},
    }


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"),
        ("models/gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"),
        ("../a b?c#d/é%", "/models/..%2Fa%20b%3Fc%23d%2F%C3%A9%25:generateContent"),
        ("half\ud800", "/models/half%3F:generateContent"),
    ],
)
def test_a_models_name_stays_in_its_place_of_the_path(model: str, path: str) -> None:
    assert CODEC.encode(model, Prompt.of("hi"), Generation(stream=False)).path == path


def test_settings_have_the_protocols_names() -> None:
    generation = Generation(
        max_tokens=5, temperature=0.0, top_p=0.5, seed=0, stop=("END",), tools=(WEATHER,),
        tool_choice="weather", json_schema={"type": "object"},
        extra={"generationConfig": {"topK": 4}, "safetySettings": []},
    )  # fmt: skip
    body = _body(generation, Message(role="user", content="hi"))
    del body["contents"]
    assert body == {
        "generationConfig": {
            "maxOutputTokens": 5,
            "temperature": 0.0,
            "topP": 0.5,
            "seed": 0,
            "stopSequences": ["END"],
            "responseMimeType": "application/json",
            "responseJsonSchema": {"type": "object"},
            "topK": 4,
        },
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "weather",
                        "description": "The weather now.",
                        "parametersJsonSchema": dict(WEATHER.parameters),
                    }
                ]
            }
        ],
        "toolConfig": {
            "functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}
        },
        "safetySettings": [],
    }


@pytest.mark.parametrize(
    ("choice", "mode"), [("auto", "AUTO"), ("none", "NONE"), ("required", "ANY")]
)
def test_tool_choices(choice: str, mode: str) -> None:
    body = _body(Generation(tool_choice=choice), Message(role="user", content="hi"))
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": mode}}


def test_answers_of_tools_and_what_follows_are_one_turn_of_the_user() -> None:
    first = {"id": "c1", "name": "weather", "args": {"city": "Oslo"}}
    assert _body(Generation(), *tool_conversation())["contents"] == [
        {"role": "user", "parts": [{"text": "Oslo?"}]},
        {
            "role": "model",
            "parts": [
                {"text": "I look."},
                {"functionCall": first, "thoughtSignature": "skip_thought_signature_validator"},
                {"functionCall": {"id": "c2", "name": "weather", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "c1",
                        "name": "weather",
                        "response": {"output": "4 degrees"},
                    }
                },
                {
                    "functionResponse": {
                        "id": "c2",
                        "name": "weather",
                        "response": {"output": "none"},
                    }
                },
                {"text": "And?"},
            ],
        },
    ]


def test_pictures() -> None:
    content = (
        ImagePart(url=PNG),
        ImagePart(url="https://example.org/a.JPG?size=2"),
        ImagePart(url="https://example.org/a"),
    )
    body = _body(Generation(), Message(role="user", content=content))
    assert body["contents"][0]["parts"] == [
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0="}},
        {
            "fileData": {
                "mimeType": "image/jpeg",
                "fileUri": "https://example.org/a.JPG?size=2",
            }
        },
        {"fileData": {"fileUri": "https://example.org/a"}},
    ]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Message(role="system", content=(ImagePart(url=PNG),)), "system turn"),
        (Message(role="tool", content=(ImagePart(url=PNG),), tool_call_id="a"), "tool turn"),
        (Message(role="tool", content="x", tool_call_id="a"), "no turn makes it"),
        (Message(role="tool", content="x"), "tool_call_id"),
        (
            Message(
                role="assistant",
                content="",
                tool_calls=(ToolCall(id="a", name="b", arguments="7"),),
            ),
            "not a JSON object",
        ),
    ],
)
def test_what_cannot_be_said(message: Message, words: str) -> None:
    with pytest.raises(PromptError, match=words):
        _body(Generation(), message)


def test_empty_texts_are_no_parts() -> None:
    said = Message(role="user", content=(TextPart(text=""), TextPart(text="hi")))
    assert _body(Generation(), said)["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]


def test_the_key_has_a_header_of_its_own() -> None:
    assert CODEC.headers("k") == {"x-goog-api-key": "k"}
    assert CODEC.headers(None) == {}


def test_a_whole_stream() -> None:
    heard = hear_stream(CODEC, [sse(*WHOLE)])
    assert heard.failure is None
    assert heard.events == WHOLE_EVENTS


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        *(
            (reason, "content_filter")
            for reason in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
                           "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION")
        ),
        *((reason, reason) for reason in ("OTHER", "LANGUAGE", "MALFORMED_FUNCTION_CALL",
                                          "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS")),
    ],
)  # fmt: skip
def test_finish_reasons(reason: str, finish: str) -> None:
    heard = hear_stream(CODEC, [sse(_piece(finish=reason))])
    assert (heard.events, heard.failure) == ([Finish(reason=finish)], None)


def test_a_blocked_prompt_is_a_refusal() -> None:
    counts = {"promptTokenCount": 9, "totalTokenCount": 9}
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": counts}
    expected = [
        RefusalDelta(text="PROHIBITED_CONTENT"),
        Finish(reason="content_filter"),
        UsageReport(usage=Usage(prompt_tokens=9, completion_tokens=0)),
    ]
    heard = hear_stream(CODEC, [sse(blocked)])
    assert (heard.events, heard.failure) == (expected, None)
    assert hear_body(CODEC, blocked).events == expected


def test_a_filtered_answer_says_why_if_the_vendor_does() -> None:
    piece = _piece({"text": "half"}, finish="SAFETY")
    piece["candidates"][0]["finishMessage"] = "Not this."
    assert hear_stream(CODEC, [sse(piece)]).events == [
        TextDelta(text="half"),
        RefusalDelta(text="Not this."),
        Finish(reason="content_filter"),
    ]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"promptTokenCount": 5}, Usage(prompt_tokens=5)),
        (
            {"promptTokenCount": 5, "thoughtsTokenCount": 3, "totalTokenCount": 8},
            Usage(prompt_tokens=5, completion_tokens=3, reasoning_tokens=3),
        ),
        ({"totalTokenCount": 8}, Usage()),
        ({"promptTokenCount": -1, "candidatesTokenCount": "2"}, Usage()),
    ],
)
def test_usage(counts: dict[str, Any], expected: Usage) -> None:
    stream = sse({"usageMetadata": counts})
    assert hear_stream(CODEC, [stream]).events == [UsageReport(usage=expected)]


@pytest.mark.parametrize(
    "part",
    [
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK"}},
        {"inlineData": {"mimeType": "image/png", "data": "x"}},
        {"somethingNew": 7},
        {},
    ],
)
def test_parts_of_other_kinds_are_passed_over(part: dict[str, Any]) -> None:
    assert hear_stream(CODEC, [sse(_piece(part, finish="STOP"))]).events == [Finish(reason="stop")]


def test_only_the_first_candidate_is_read() -> None:
    second = {"index": 1, "content": {"parts": [{"text": "other"}]}, "finishReason": "STOP"}
    heard = hear_stream(CODEC, [sse({"candidates": [second]}, _piece({"text": "first"}))])
    assert heard.events == [TextDelta(text="first")]
    assert isinstance(heard.failure, StreamCut)


def test_a_body_that_ends_without_a_reason_was_cut() -> None:
    heard = hear_stream(CODEC, [sse(_piece({"text": "half"}))])
    assert heard.events == [TextDelta(text="half")]
    assert isinstance(heard.failure, StreamCut)


def test_an_error_in_the_middle_keeps_what_came() -> None:
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    heard = hear_stream(CODEC, [sse(_piece({"text": "half"}), error, _piece({"text": "never"}))])
    assert heard.events == [TextDelta(text="half")]
    assert isinstance(heard.failure, ServerFailed)
    assert "The model is overloaded." in str(heard.failure)


@pytest.mark.parametrize(
    "data",
    [
        b"{not json", b"[1]", b'{"candidates": 7}', b'{"candidates": [7]}',
        b'{"candidates": [{"content": 7}]}', b'{"candidates": [{"content": {"parts": 7}}]}',
        b'{"candidates": [{"content": {"parts": [{"text": 7}]}}]}',
        b'{"candidates": [{"content": {"parts": [{"functionCall": 7}]}}]}',
        b'{"candidates": [{"finishReason": 7}]}', b'{"promptFeedback": 7}',
        b'{"usageMetadata": 7}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_a_response_is_malformed(data: bytes) -> None:
    assert isinstance(hear_stream(CODEC, [sse(data)]).failure, MalformedResponse)


def test_a_whole_body() -> None:
    parts = [part for piece in WHOLE for part in piece["candidates"][0]["content"]["parts"]]
    whole = _piece(*parts, finish="STOP", usageMetadata=COUNTS)
    heard = hear_body(CODEC, whole)
    assert (heard.events, heard.failure, heard.done) == (WHOLE_EVENTS, None, True)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"", EmptyResponse),
        (b"<html>", MalformedResponse),
        ({}, MalformedResponse),
        ({"candidates": []}, MalformedResponse),
        ({"error": {"message": "no"}}, ServerFailed),
    ],
)
def test_bodies_that_are_no_answer(document: Any, expected: type[Exception]) -> None:
    heard = hear_body(CODEC, document)
    assert (heard.events, heard.done) == ([], False)
    assert isinstance(heard.failure, expected)


def test_the_vendors_own_words() -> None:
    words = '{"error": {"code": 400, "message": "bad key", "status": "INVALID_ARGUMENT"}}'
    assert CODEC.error_message(words.encode()) == "bad key"
    assert CODEC.error_message(f"[{words}]".encode()) == "bad key"


_json = json_of(
    {"candidates", "content", "parts", "text", "thought", "functionCall", "name", "args", "id",
     "finishReason", "finishMessage", "promptFeedback", "blockReason", "usageMetadata", "index",
     "promptTokenCount", "totalTokenCount", "error"},
    {"STOP", "SAFETY"},
)  # fmt: skip


@given(st.lists(_json, max_size=4))
def test_no_json_can_raise(documents: list[Any]) -> None:
    hear_stream(CODEC, [sse(*documents)])
    for document in documents:
        hear_body(CODEC, document)


@given(st.lists(st.integers(0, 2000), max_size=8))
def test_segments_change_nothing(cuts: list[int]) -> None:
    stream = sse(*WHOLE)
    assert told(hear_stream(CODEC, segments(stream, cuts))) == told(hear_stream(CODEC, [stream]))
