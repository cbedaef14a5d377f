"""Feeding a codec by hand, and the properties that every codec must have."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from hypothesis import strategies as st

from modelforge.core.events import ChatEvent
from modelforge.core.prompt import Message, TextPart, Tool, ToolCall
from modelforge.providers.codec import ChatCodec

WEATHER = Tool(
    name="weather",
    description="The weather now.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)
CALL = ToolCall(id="c1", name="weather", arguments='{"city": "Oslo"}')
PNG = "data:image/png;base64,iVBORw0="


def tool_conversation() -> tuple[Message, ...]:
    """A question, two calls, their two answers and one more question."""
    second = ToolCall(id="c2", name="weather", arguments="")
    return (
        Message(role="user", content="Oslo?"),
        Message(role="assistant", content="I look.", tool_calls=(CALL, second)),
        Message(role="tool", content="4 degrees", tool_call_id="c1"),
        Message(role="tool", content=(TextPart(text="none"),), tool_call_id="c2"),
        Message(role="user", content="And?"),
    )


class Heard(NamedTuple):
    """What a decoder made of an answer."""

    events: list[ChatEvent]
    failure: Exception | None
    done: bool


def sse(*documents: Any, named: bool = False) -> bytes:
    """Documents as server-sent events; ``named`` after their ``type``."""
    return b"".join(
        (f"event: {document['type']}\n" if named else "").encode()
        + b"data: "
        + (document if isinstance(document, bytes) else json.dumps(document).encode())
        + b"\n\n"
        for document in documents
    )


def hear_stream(codec: ChatCodec, segments: Iterable[bytes]) -> Heard:
    """Segments as the network would bring them."""
    decoder = codec.stream_decoder()
    events: list[ChatEvent] = []
    for segment in segments:
        events += decoder.feed(segment)
    if not decoder.done and decoder.failure is None:
        events += decoder.close()
    return Heard(events, decoder.failure, decoder.done)


def hear_body(codec: ChatCodec, document: Any) -> Heard:
    """One JSON document, or bytes that should be one."""
    decoder = codec.body_decoder()
    decoder.feed(document if isinstance(document, bytes) else json.dumps(document).encode())
    events = list(decoder.close())
    return Heard(events, decoder.failure, decoder.done)


def told(heard: Heard) -> tuple[list[ChatEvent], str, str, bool]:
    """A comparable form of what was heard: errors compare by what they are and say."""
    return heard.events, type(heard.failure).__name__, str(heard.failure), heard.done


def segments(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    """``stream`` cut at the given places."""
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    return [stream[start:end] for start, end in pairwise(places)]


def json_of(names: Iterable[str], words: Iterable[str] = ()) -> st.SearchStrategy[Any]:
    """Any JSON whose tables have the given names, and whose texts may be the given words."""
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
    text = st.text(max_size=5) | st.sampled_from(sorted(words) or [""])
    names = sorted(names)
    return st.recursive(
        plain | text,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(names), inner, max_size=5)
        ),
        max_leaves=20,
    )
