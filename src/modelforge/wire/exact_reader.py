"""Reads the one shape that nearly every streamed answer has, at the speed of a few scans.

The shape: HTTP/1.1 200, ``text/event-stream`` in chunks, one event a chunk, and from the second
piece of text to the last all events alike but for the text. Such a body is the head, events
``P + text + S`` with a fixed prefix and suffix, and the tail. The head, one event of the middle and
the tail are read by the codec; that all events of the middle differ from that one in nothing but a
valid JSON string is proved for each byte, with the few calls below, each one pass in C. Whatever
the proof does not cover is left to ``FullReader``, which gives the same reading.

A server that is faster than the proof sends its answers in one segment, so that there is no gap to
be timed. Of those whose very prefix and suffix were proved before, the openings of the events are
counted; where they are as many as the tokens of the server's own usage, that is the answer's
length. One in eight is proved all the same, and a proof that fails, or that finds an event without
a text, ends the counting.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import httptools

from modelforge.core.events import TextDelta
from modelforge.providers.openai_chat_answer import OpenAIChatStream
from modelforge.wire.edges import Edges, read_edges
from modelforge.wire.event_shape import EventShape
from modelforge.wire.reading import Reading, Segments

_HEAD_END: Final = b"\r\n\r\n"
_CRLF: Final = b"\r\n"
_EVENT_END: Final = b"\n\n\r\n"
_MARK: Final = b'"content":"'
_PROBE: Final = "any text"
_MOST_KEPT: Final = 64
_FIELD: Final = b"data: "
_PROVED_ONE_IN: Final = 8
_SHORT_BYTES: Final = 4096


class _Body(NamedTuple):
    """Where an answer's run of events begins, its first data, its end, and what surrounds it."""

    data: bytes
    start: int
    run_at: int
    data_at: int
    run_ends: int
    shape: EventShape
    edges: Edges


class ExactReader:
    """Reads whole answers of OpenAI's protocol; keeps what it learnt of their shapes.

    Args:
        count_events: prove every event and count it. Otherwise only the two ends of an answer are
            read and the tokens are what the server's usage says; every segment in between is taken
            for a token's moment. That is for the highest loads, on servers that are known.
    """

    def __init__(self, *, count_events: bool = True) -> None:
        self._count_events = count_events
        self._shapes: dict[tuple[bytes, bytes], EventShape | None] = {}
        self._known_edges: dict[tuple[bytes, bytes], Edges | None] = {}
        self._heads: dict[bytes, bool] = {}
        self._counted: dict[EventShape, int] = {}  # since its last proof

    def may_read(self, first_piece: bytes) -> bool:
        """Whether an answer that begins so may have the shape."""
        end = first_piece.find(_HEAD_END)
        if end < 0:
            return False
        head = first_piece[:end]
        known = self._heads.get(head)
        if known is None:
            if len(self._heads) >= _MOST_KEPT:
                self._heads.clear()
            known = self._heads[head] = _is_event_stream(head)
        return known

    def read(self, segments: Segments, *, keep_text: bool = False) -> Reading | None:
        """The answer, if it has the shape and ends with its last piece; otherwise None."""
        data = segments.joined()
        body = self._cut(data)
        if body is None:
            return self._short(segments, data, keep_text=keep_text)
        if not self._count_events and not keep_text:
            return _by_usage(segments, body)
        if len(segments.pieces) == 1 and not keep_text and self._may_count(body.shape):
            edges = body.edges
            tokens = edges.tokens + body.data.count(body.shape.opening, body.run_at, body.run_ends)
            if tokens == edges.usage.completion_tokens:
                return _reading(
                    edges, tokens, segments.stamps_ns, thinking=bool(edges.thinking_before)
                )
        return self._proved(segments, body, keep_text=keep_text)

    def _short(self, segments: Segments, data: bytes, *, keep_text: bool) -> Reading | None:
        """An answer that is all head and tail: of a token or two, there is no run of events."""
        start = data.find(_HEAD_END) + len(_HEAD_END)
        if len(data) - start > _SHORT_BYTES:
            return None
        edges = self._edges(b"", data[start:])
        if edges is None:
            return None
        ends = [start + end for end, _ in edges.after]
        return _reading(
            edges,
            edges.tokens,
            _moments(segments, ends),
            edges.text_after if keep_text else "",
            thinking=len(_moments(segments, ends[: edges.thinking_after])),
        )

    def _cut(self, data: bytes) -> _Body | None:
        start = data.find(_HEAD_END) + len(_HEAD_END)
        mark = data.find(_MARK, start)
        mark = data.find(_MARK, mark + 1) if mark > 0 else -1
        # The second event with a text: before it stands the line that is its chunk's size.
        data_at = data.rfind(_CRLF, start, mark) + len(_CRLF)
        run_at = max(start, data.rfind(_CRLF, start, data_at - len(_CRLF)) + len(_CRLF))
        if mark < 0 or data_at < start:
            return None
        shape = self._shape(data, data_at, mark + len(_MARK))
        if shape is None:
            return None
        run_ends = data.rfind(shape.delimiter) + len(shape.delimiter)
        edges = self._edges(data[start:run_at], data[run_ends:])
        if edges is None:
            return None
        return _Body(data, start, run_at, data_at, run_ends, shape, edges)

    def _proved(self, segments: Segments, body: _Body, *, keep_text: bool) -> Reading | None:
        """The answer, if each event of the run is of its shape."""
        data, start, run_at, _, run_ends, shape, edges = body
        texts = shape.texts(data[run_at:run_ends])
        self._counted.pop(shape, None)
        if texts is None or (edges.thinking_after and not texts.tokens):
            return None
        if texts.tokens == len(texts.pieces):
            self._counted[shape] = 0
        tokens, text = edges.tokens + texts.tokens, ""
        thinking = int(edges.thinking_before > 0)
        if len(segments.stamps_ns) == 1:
            moments_ns = segments.stamps_ns if tokens else []
        else:
            before = [start + end for end, _ in edges.before]
            if thinking:
                thinking = len(_moments(segments, before[: edges.thinking_before]))
            after = [run_ends + end for end, _ in edges.after]
            moments_ns = _moments(segments, [*before, *texts.ends(run_at), *after])
        if keep_text:
            text = "".join((edges.text_before, *texts.decoded(), edges.text_after))
        return _reading(edges, tokens, moments_ns, text, thinking=thinking)

    def _may_count(self, shape: EventShape) -> bool:
        """Whether the events of ``shape`` were proved lately."""
        counted = self._counted.get(shape)
        if counted is None or counted == _PROVED_ONE_IN - 1:
            return False
        self._counted[shape] = counted + 1
        return True

    def _edges(self, before: bytes, after: bytes) -> Edges | None:
        key = (before, after)
        try:
            return self._known_edges[key]
        except KeyError:
            if len(self._known_edges) >= _MOST_KEPT:
                self._known_edges.clear()
            edges = self._known_edges[key] = read_edges(before, after)
            return edges

    def _shape(self, data: bytes, data_at: int, text_at: int) -> EventShape | None:
        event_ends = data.find(_EVENT_END, text_at) + len(b"\n\n")
        quote = data.find(b'"', text_at)
        while data[quote - 1 : quote] == b"\\":  # of the text, as its backslash says
            quote = data.find(b'"', quote + 1)
        if not text_at <= quote < event_ends:
            return None
        key = (data[data_at:text_at], data[quote:event_ends])
        try:
            return self._shapes[key]
        except KeyError:
            if len(self._shapes) >= _MOST_KEPT:
                self._shapes.clear()
                self._counted.clear()
            shape = EventShape(*key) if self._is_text_alone(*key) else None
            self._shapes[key] = shape
            return shape

    def _is_text_alone(self, prefix: bytes, suffix: bytes) -> bool:
        """Whether an event with that prefix and suffix is its text and nothing else."""
        if (
            not prefix.startswith(_FIELD)
            or b"\n" in prefix + suffix[:-2]
            or b"\r" in prefix + suffix
        ):
            return False
        for text, events in ((_PROBE, [TextDelta(text=_PROBE)]), ("", [])):
            decoder = OpenAIChatStream()
            told = list(decoder.feed(prefix + text.encode() + suffix))
            if told != events or decoder.failure is not None or decoder.done:
                return False
        return True


def _by_usage(segments: Segments, body: _Body) -> Reading | None:
    edges = body.edges
    tokens = edges.usage.completion_tokens
    if not tokens:
        return None
    moments_ns, thinking = segments.stamps_ns, int(edges.thinking_before > 0)
    if len(moments_ns) > 1:
        arrived = list(accumulate(map(len, segments.pieces)))
        first_ends = body.start + edges.before[0][0] if edges.before else body.data_at
        first = bisect_left(arrived, first_ends)
        last = bisect_left(arrived, body.run_ends)
        moments_ns = moments_ns[first : last + 1]
        if thinking:
            thinking_ends = body.start + edges.before[edges.thinking_before - 1][0]
            thinking += bisect_left(arrived, thinking_ends) - first
    return _reading(edges, tokens, moments_ns[:tokens], thinking=thinking)


def _reading(
    edges: Edges, tokens: int, moments_ns: Sequence[int], text: str = "", *, thinking: int
) -> Reading:
    return Reading(
        status=200,
        moments_ns=moments_ns,
        reasoning_moments=thinking,
        tokens=tokens,
        reasoning_tokens=edges.reasoning_tokens,
        usage=edges.usage,
        finished=edges.failure is None,
        text=text,
        error=edges.failure,
        reusable=edges.failure is None,
    )


def _moments(segments: Segments, ends: list[int]) -> list[int]:
    """When tokens arrived: with the segment that brought the last byte of their event.

    ``ends`` are where in the body the data of their chunks ends.
    """
    if not ends:
        return []
    pieces, stamps_ns = segments.pieces, segments.stamps_ns
    arrived = list(accumulate(map(len, pieces)))
    first = bisect_left(arrived, ends[0])
    if min(map(len, pieces)) > len(_CRLF):  # then the end of a chunk comes with the end of its data
        whole = [end + len(_CRLF) for end in ends]
        found = arrived[first : first + len(ends)]
        # Nearly always: one event a segment, the last one together with the end of the body.
        if found[:-1] == whole[:-1] and found[-2:-1] < ends[-1:] and ends[-1] <= found[-1]:
            return stamps_ns[first : first + len(ends)]
    moments_ns: list[int] = []
    segment, latest = 0, -1
    for end in ends:
        while arrived[segment] < end:
            segment += 1
        if segment != latest:
            latest = segment
            moments_ns.append(stamps_ns[segment])
    return moments_ns


def _is_event_stream(head: bytes) -> bool:
    status, *fields = head.lower().split(b"\r\n")
    found = dict(field.partition(b":")[::2] for field in fields)
    kind = found.get(b"content-type", b"").partition(b";")[0].strip()
    return (
        status.startswith(b"http/1.1 200 ")
        and kind == b"text/event-stream"
        and found.get(b"transfer-encoding", b"").strip() == b"chunked"
        and found.get(b"connection", b"keep-alive").strip() == b"keep-alive"
        and not {b"content-encoding", b"content-length"} & found.keys()
        and len(found) == len(fields)
        and _is_sound(head)
    )


def _is_sound(head: bytes) -> bool:
    """Whether the parser that reads all other answers has nothing against it."""
    parser = httptools.HttpResponseParser(object())
    try:
        parser.feed_data(head + _HEAD_END)
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return False
    return parser.should_keep_alive()
