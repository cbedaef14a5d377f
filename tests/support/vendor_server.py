"""Servers that speak the vendors' own protocols on a real loopback socket.

The model's name says what is wanted: ``text``, ``tools``, ``reasoning``, ``broken`` (an error in
the middle of the answer) or ``status:CODE``. The path says in which protocol, and the request
whether as a stream. The shapes are those of the published APIs.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tests.support.codec_probe import sse
from tests.support.openai_server import Connection, OpenAIServer

TEXT = "Hello, world."
THOUGHT = "let me think"
ARGUMENTS = '{"city":"Oslo"}'
_GEMINI_PATH = re.compile(r"/models/([^/]+):(\w+)")
_STATUS = {"400": "INVALID_ARGUMENT", "429": "RESOURCE_EXHAUSTED", "529": "UNAVAILABLE"}

Json = dict[str, Any]


def vendor_server() -> OpenAIServer:
    """A server of every vendor's protocol."""
    return OpenAIServer(handler=_handle)


async def _handle(connection: Connection) -> None:
    request = connection.request
    model, streamed = str(request.body.get("model")), bool(request.body.get("stream"))
    if called := _GEMINI_PATH.search(request.path):
        model, streamed = unquote(called[1]), called[2] == "streamGenerateContent"
        protocol = (gemini_events, gemini_document, gemini_error)
    elif request.path.endswith("/messages"):
        protocol = (anthropic_events, anthropic_document, anthropic_error)
    else:
        protocol = (responses_events, responses_document, responses_error)
    events, document, error = protocol
    wanted, _, code = model.partition(":")
    if wanted == "status":
        extra = "Retry-After: 7\r\n" if code == "429" else ""
        await connection.document(error(code), f"{code} Nope", extra)
    elif streamed:
        await _stream(connection, events(wanted))
    else:
        await connection.document(document(wanted))


async def _stream(connection: Connection, events: list[Json]) -> None:
    await connection.head()
    for event in events:
        await connection.chunk(sse(event, named="type" in event))
    await connection.end()


def anthropic_error(code: str) -> Json:
    return {"type": "error", "error": {"type": "some_error", "message": f"Anthropic says {code}"}}


def anthropic_events(wanted: str) -> list[Json]:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 1}
    events: list[Json] = [
        {"type": "message_start", "message": {"type": "message", "content": [], "usage": usage}},
        {"type": "ping"},
    ]

    def block(index: int, start: Json, *deltas: Json) -> None:
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events.extend(
            {"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas
        )
        events.append({"type": "content_block_stop", "index": index})

    start: Json
    if wanted == "reasoning":
        start = {"type": "thinking", "thinking": "", "signature": ""}
        block(0, start, {"type": "thinking_delta", "thinking": THOUGHT})
    texts = [{"type": "text_delta", "text": piece} for piece in (TEXT[:5], TEXT[5:])]
    block(1, {"type": "text", "text": ""}, *texts)
    if wanted == "broken":
        return [*events, anthropic_error("overloaded")]
    if wanted == "tools":
        start = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
        pieces = ({"type": "input_json_delta", "partial_json": letter} for letter in ARGUMENTS)
        block(2, start, *pieces)
    delta = {"stop_reason": "tool_use" if wanted == "tools" else "end_turn"}
    events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 4}})
    return [*events, {"type": "message_stop"}]


def anthropic_document(wanted: str) -> Json:
    content: list[Json] = [{"type": "text", "text": TEXT}]
    if wanted == "reasoning":
        content.insert(0, {"type": "thinking", "thinking": THOUGHT, "signature": "s"})
    if wanted == "tools":
        call = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Oslo"}}
        content.append(call)
    return {
        "type": "message",
        "content": content,
        "stop_reason": "tool_use" if wanted == "tools" else "end_turn",
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 4},
    }


def gemini_error(code: str) -> Json:
    status = _STATUS.get(code, "UNKNOWN")
    return {"error": {"code": 500, "message": f"Google says {code}", "status": status}}


def _gemini_piece(part: Json, **candidate: Any) -> Json:
    usage = {"promptTokenCount": 5, "cachedContentTokenCount": 2}
    content = {"role": "model", "parts": [part]}
    return {"candidates": [{"content": content, **candidate}], "usageMetadata": usage}


def gemini_events(wanted: str) -> list[Json]:
    events: list[Json] = []
    if wanted == "reasoning":
        events.append(_gemini_piece({"text": THOUGHT, "thought": True}))
    events += [_gemini_piece({"text": piece}) for piece in (TEXT[:5], TEXT[5:])]
    if wanted == "broken":
        return [*events, gemini_error("overloaded")]
    if wanted == "tools":
        call = {"name": "weather", "args": {"city": "Oslo"}}
        events.append(_gemini_piece({"functionCall": call}))
    events.append(_gemini_piece({"text": ""}, finishReason="STOP"))
    events[-1]["usageMetadata"]["candidatesTokenCount"] = 4
    return events


def gemini_document(wanted: str) -> Json:
    events = gemini_events(wanted)
    parts = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
    whole = events[-1]
    whole["candidates"][0]["content"]["parts"] = parts
    return whole


def responses_error(code: str) -> Json:
    return {"error": {"message": f"OpenAI says {code}", "type": "some_error", "param": None}}


def responses_events(wanted: str) -> list[Json]:
    events: list[Json] = [
        {"type": "response.created", "response": {"status": "in_progress", "error": None}},
    ]
    if wanted == "reasoning":
        events.append({"type": "response.reasoning_summary_text.delta", "delta": THOUGHT})
    events.extend(
        {"type": "response.output_text.delta", "output_index": 0, "delta": piece}
        for piece in (TEXT[:5], TEXT[5:])
    )
    if wanted == "broken":
        return [*events, {"type": "error", "code": "e", "message": "OpenAI says overloaded"}]
    if wanted == "tools":
        item = {"type": "function_call", "call_id": "call_a", "name": "weather", "arguments": ""}
        events.append({"type": "response.output_item.added", "output_index": 1, "item": item})
        events.extend(
            {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": letter}
            for letter in ARGUMENTS
        )
    return [*events, {"type": "response.completed", "response": responses_document(wanted)}]


def responses_document(wanted: str) -> Json:
    output: list[Json] = [{"type": "message", "content": [{"type": "output_text", "text": TEXT}]}]
    if wanted == "reasoning":
        output.insert(0, {"type": "reasoning", "summary": [{"text": THOUGHT}]})
    if wanted == "tools":
        call = {"type": "function_call", "call_id": "call_a", "name": "weather"}
        output.append({**call, "arguments": ARGUMENTS})
    usage = {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 2}, "output_tokens": 4}
    return {"status": "completed", "error": None, "output": output, "usage": usage}
