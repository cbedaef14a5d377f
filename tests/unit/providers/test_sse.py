from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from modelforge.providers.sse import EventDecoder, ServerSentEvent


def _decode(*segments: bytes) -> list[ServerSentEvent]:
    decoder = EventDecoder()
    events = [event for segment in segments for event in decoder.feed(segment)]
    return events + decoder.close()


def test_what_servers_send() -> None:
    assert _decode(b"data: one\n\ndata: two\n\n") == [
        ServerSentEvent(b"one"),
        ServerSentEvent(b"two"),
    ]


def test_the_standard_in_full() -> None:
    stream = (
        b"\xef\xbb\xbf: a comment\r\n\r\n"
        b"event: error\r\ndata: one\r\ndata:two\r\nid: 7\r\nretry: 5\r\n\r\n"
        b"data\n\n"
        b"event: nothing\n\n"
        b"data:  spaced\r\r"
    )
    assert _decode(stream) == [
        ServerSentEvent(b"one\ntwo", b"error"),
        ServerSentEvent(b""),
        ServerSentEvent(b" spaced"),
    ]


def test_an_event_cut_off_by_the_end_is_given() -> None:
    assert _decode(b"data: [DONE]") == [ServerSentEvent(b"[DONE]")]
    assert _decode(b"data: [DONE]\r") == [ServerSentEvent(b"[DONE]")]


_line = st.sampled_from(
    [b"data: a", b"data:b", b"data", b": c", b"event: e", b"x: y", b"", b"data: \xc3\xa9"]
)
_stream = st.lists(st.tuples(_line, st.sampled_from([b"\n", b"\r\n", b"\r"])), max_size=30)


@given(_stream, st.lists(st.integers(0, 200), max_size=12), st.booleans())
def test_segments_change_nothing(
    lines: list[tuple[bytes, bytes]], cuts: list[int], mark: bool
) -> None:
    stream = (b"\xef\xbb\xbf" if mark else b"") + b"".join(line + end for line, end in lines)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    segments = [stream[start:end] for start, end in pairwise(places)]
    assert _decode(*segments) == _decode(stream)
    assert _decode(*(stream[i : i + 1] for i in range(len(stream)))) == _decode(stream)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_can_break_it(segments: list[bytes]) -> None:
    assert all(isinstance(event, ServerSentEvent) for event in _decode(*segments))
