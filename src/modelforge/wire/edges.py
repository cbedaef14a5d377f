"""What surrounds a run of events of one shape: the chunks before it and those after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from modelforge.core.errors import RequestError
from modelforge.core.events import ChatEvent
from modelforge.core.usage import Usage
from modelforge.providers.openai_chat_answer import OpenAIChatStream
from modelforge.wire.chunks import Chunk, whole_chunks
from modelforge.wire.token_count import TokenCount

_FIELD: Final = b"data: "
_BLANK_LINE: Final = b"\n\n"
_BOM: Final = b"\xef\xbb\xbf"  # means nothing but at the beginning, which the decoder must see


class Edges(NamedTuple):
    """The two edges of a body, read by the codec.

    ``before`` and ``after`` are how many tokens were complete at which byte of each; the first
    ``thinking_before`` and ``thinking_after`` of them are of reasoning before anything else.
    """

    before: Sequence[tuple[int, int]]
    after: Sequence[tuple[int, int]]
    thinking_before: int
    thinking_after: int
    tokens: int
    reasoning_tokens: int
    usage: Usage
    text_before: str
    text_after: str
    failure: RequestError | None


def read_edges(before: bytes, after: bytes) -> Edges | None:
    """Read them.

    None unless both are whole chunks of whole events, ``after`` ends the body, and the answer was
    neither complete nor broken before the events between them.
    """
    first = whole_chunks(before, 0, len(before))
    last = whole_chunks(after, 0, len(after), last=True)
    if first is None or last is None:
        return None
    if not all(_is_plain(chunk.data) for chunk in (*first, *last)):
        return None
    decoder = OpenAIChatStream()
    begin, end = TokenCount(), TokenCount()
    arrived_before, thinking_before = _arrived(decoder, first, begin)
    if decoder.done or decoder.failure is not None:
        return None
    arrived_after, thinking_after = _arrived(decoder, last, end)
    end.add(decoder.close())
    return Edges(
        before=arrived_before,
        after=arrived_after,
        thinking_before=thinking_before,
        thinking_after=thinking_after,
        tokens=begin.tokens + end.tokens,
        reasoning_tokens=begin.reasoning_tokens + end.reasoning_tokens,
        usage=end.usage or begin.usage or Usage(),
        text_before=begin.text,
        text_after=end.text,
        failure=decoder.failure,
    )


def _is_plain(data: bytes) -> bool:
    return data.endswith(_BLANK_LINE) and b"\r" not in data and not data.startswith(_BOM)


def _arrived(
    decoder: OpenAIChatStream, chunks: Sequence[Chunk], count: TokenCount
) -> tuple[list[tuple[int, int]], int]:
    arrived, thinking = [], 0
    for chunk in chunks:
        for ends_at, told in _events(decoder, chunk):
            thinks = count.thinks_on(told)
            if tokens := count.add(told):
                arrived.append((ends_at, tokens))
                thinking += thinks
    return arrived, thinking


def _events(decoder: OpenAIChatStream, chunk: Chunk) -> list[tuple[int, Sequence[ChatEvent]]]:
    """What a chunk of whole events says, and where each of them is complete."""
    data, ends_at = chunk
    if data.startswith(_FIELD) and data.find(b"\n") == len(data) - 2:
        return [(ends_at, decoder.feed_event(data[len(_FIELD) : -2]))]
    at = ends_at - len(data)
    told = []
    for block in data.split(_BLANK_LINE)[:-1]:
        at += len(block) + len(_BLANK_LINE)
        told.append((at, decoder.feed(block + _BLANK_LINE)))
    return told
