"""The reader that proves a shape gives what the reader of every shape gives, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.exact_reader import ExactReader
from modelforge.wire.full_reader import FullReader
from modelforge.wire.reading import Reading, Segments
from tests.unit.wire import answers

_LOADED = settings(
    max_examples=400,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def fully_read(pieces: list[bytes]) -> Reading:
    """What the full reader makes of the pieces; the n-th arrives at n."""
    reader = FullReader(OpenAIChat(), url="http://target", keep_text=True)
    for stamp, piece in enumerate(pieces):
        if reader.feed(piece, stamp):
            break
    else:
        reader.end(len(pieces))
    return reader.reading()


def told(reading: Reading) -> dict[str, object]:
    """All that is said of an answer, in terms that compare."""
    error = reading.error
    return {
        "status": reading.status,
        "tokens": reading.tokens,
        "moments": list(reading.moments_ns),
        "reasoning": (reading.reasoning_tokens, reading.reasoning_moments),
        "usage": reading.usage,
        "text": reading.text,
        "error": None if error is None else error.kind,
        "finished": reading.finished,
        "reusable": reading.reusable,
    }


def exactly_read(reader: ExactReader, pieces: list[bytes]) -> Reading | None:
    if not reader.may_read(pieces[0]):
        return None
    segments = Segments(pieces=pieces, stamps_ns=list(range(len(pieces))))
    return reader.read(segments, keep_text=True)


@st.composite
def arrivals(draw: st.DrawFn) -> list[bytes]:
    return draw(answers.cut(draw(answers.answers())))


@_LOADED
@given(several=st.lists(arrivals(), min_size=1, max_size=3))
def test_exact_reader_agrees_with_full_reader(several: list[list[bytes]]) -> None:
    # One reader reads them all: what it learnt of one answer must hold for the next.
    reader = ExactReader()
    for pieces in several:
        exact = exactly_read(reader, pieces)
        if exact is not None:
            assert told(exact) == told(fully_read(pieces))


def _whole(events: list[bytes]) -> list[bytes]:
    return [answers.HEAD, *map(answers.chunk, events), answers.END]


@_LOADED
@given(
    shape=st.sampled_from(sorted(answers.SHAPES)),
    texts=st.lists(st.sampled_from([" a", "b", "", "ccc"]), min_size=3, max_size=7),
    stranger=st.sampled_from(answers.STRANGERS),
    data=st.data(),
)
def test_agree_on_an_event_that_does_not_belong(
    shape: str, texts: list[str], stranger: bytes, data: st.DataObject
) -> None:
    events = answers.SHAPES[shape](texts, ascii_only=False)
    events.insert(data.draw(st.integers(0, len(events))), stranger)
    pieces = data.draw(answers.cut(_whole(events)))
    exact = exactly_read(ExactReader(), pieces)
    if exact is not None:
        assert told(exact) == told(fully_read(pieces))


@_LOADED
@given(data=st.data(), texts=answers.texts, shape=st.sampled_from(sorted(answers.PLAIN)))
def test_agree_on_every_changed_byte(data: st.DataObject, texts: list[str], shape: str) -> None:
    whole = b"".join(_whole(answers.PLAIN[shape](texts, ascii_only=False)))
    at = data.draw(st.integers(0, len(whole) - 1))
    for byte in (0, *b'"\\\r\n0a{}:, ', 0x80, 0xC3, 0xFF):
        changed = whole[:at] + bytes([byte]) + whole[at + 1 :]
        exact = exactly_read(ExactReader(), [changed])
        if exact is not None:
            assert told(exact) == told(fully_read([changed])), (at, byte)


_SPEAKING = st.lists(
    st.one_of(
        st.sampled_from(
            [" the", " model", "\n", "  ", '"', "\\", "é", "☃", "a\\nb", '"content":"']
        ),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5),
    ),
    min_size=2,
    max_size=12,
)


@pytest.mark.parametrize("shape", sorted(answers.PLAIN))
@pytest.mark.parametrize("ascii_only", [False, True])
@settings(max_examples=80)
@given(data=st.data(), texts=_SPEAKING)
def test_plain_shapes_are_read_exactly(
    shape: str, ascii_only: bool, data: st.DataObject, texts: list[str]
) -> None:
    # The reader learns the shape from an early text; one that ends with a backslash hides it.
    whole = _whole(answers.PLAIN[shape](["so", "so", *texts], ascii_only=ascii_only))
    pieces = data.draw(answers.cut(whole))
    if len(pieces[0]) < len(answers.HEAD):  # a head in pieces is the other reader's
        pieces = [answers.HEAD, *whole[1:]]
    exact = exactly_read(ExactReader(), pieces)
    assert exact is not None
    assert exact.tokens == len(texts) + 2
    assert exact.text == "soso" + "".join(texts)
    assert exact.usage.completion_tokens == answers.USAGE["completion_tokens"]
    assert exact.reusable
    assert told(exact) == told(fully_read(pieces))


@pytest.mark.parametrize("shape", ["lm studio", "openrouter"])
def test_shapes_with_a_role_in_each_delta_are_read_exactly(shape: str) -> None:
    pieces = [b"".join(_whole(answers.SHAPES[shape](["a", "b", "c"], ascii_only=False)))]
    exact = exactly_read(ExactReader(), pieces)
    assert exact is not None
    assert told(exact) == told(fully_read(pieces))


@pytest.mark.parametrize("shape", ["obfuscated", "usage each time", "log probabilities"])
def test_events_that_differ_in_more_than_their_text_are_counted(shape: str) -> None:
    texts = [f"word{at}" for at in range(12)]
    pieces = [b"".join(_whole(answers.SHAPES[shape](texts, ascii_only=False)))]
    full = fully_read(pieces)
    exact = exactly_read(ExactReader(), pieces)
    assert exact is None or told(exact) == told(full)
    assert (full.tokens, full.error, full.text) == (12, None, "".join(texts))


@example(shape="vllm", count=3)
@settings(max_examples=40)
@given(shape=st.sampled_from(sorted(answers.PLAIN)), count=st.integers(3, 9))
def test_usage_alone_counts_what_the_server_says(shape: str, count: int) -> None:
    whole = _whole(answers.PLAIN[shape](["tok"] * count, ascii_only=False))
    reader = ExactReader(count_events=False)
    segments = Segments(pieces=[b"".join(whole[:2]), *whole[2:]])
    segments.stamps_ns = list(range(len(segments.pieces)))
    reading = reader.read(segments)
    assert reading is not None
    assert reading.tokens == answers.USAGE["completion_tokens"]
    assert reading.usage.completion_tokens == answers.USAGE["completion_tokens"]
    full = fully_read(segments.pieces)
    assert reading.moments_ns[0] == full.moments_ns[0]
    assert reading.error is None
    assert reading.reusable


def _in_one_piece(reader: ExactReader, whole: list[bytes]) -> Reading | None:
    """As a server sends it that is faster than its client; the text is not asked for."""
    pieces = [b"".join(whole)]
    assert reader.may_read(pieces[0])
    return reader.read(Segments(pieces=pieces, stamps_ns=[0]))


@pytest.mark.parametrize("shape", sorted(answers.PLAIN))
@settings(max_examples=20)
@given(several=st.lists(st.lists(st.text(min_size=1), max_size=4), min_size=2, max_size=20))
def test_answers_in_one_piece_read_alike_counted_or_proved(
    shape: str, several: list[list[str]]
) -> None:
    reader = ExactReader()
    for texts in several:
        whole = _whole(answers.PLAIN[shape](["so", "so", *texts], ascii_only=False))
        full = fully_read([b"".join(whole)])
        full.text = ""
        exact = _in_one_piece(reader, whole)
        assert exact is None or told(exact) == told(full)


def test_a_stranger_among_counted_events_is_found_by_the_eighth_answer() -> None:
    events = answers.PLAIN["vllm"]([" a"] * 5, ascii_only=False)
    error = answers.event({"error": {"message": "overloaded"}})
    hidden = [*events[:4], error, *events[4:]]
    reader = ExactReader()
    assert _in_one_piece(reader, _whole(events)) is not None
    found = [_in_one_piece(reader, _whole(hidden)) for _ in range(10)]
    assert [reading is None for reading in found] == [False] * 7 + [True] * 3
    # And what is left to the full reader has its name.
    error_found = fully_read(_whole(hidden)).error
    assert error_found is not None
    assert error_found.kind == "server_failed"


def test_an_event_without_text_ends_the_counting() -> None:
    def read(texts: list[str]) -> int:
        reading = _in_one_piece(reader, _whole(answers.PLAIN["vllm"](texts, ascii_only=False)))
        assert reading is not None
        return reading.tokens

    reader = ExactReader()
    full, with_one_empty = [" a"] * 5, [" a", " a", "", " a", " a"]  # the usage says five
    assert [read(with_one_empty) for _ in range(10)] == [4] * 10
    reader = ExactReader()
    assert read(full) == 5
    # Until a proof meets it, the server's count stands, which took it for a token.
    assert [read(with_one_empty) for _ in range(10)] == [5] * 7 + [4] * 3


def test_events_are_proved_where_the_server_counts_others() -> None:
    texts = [" a", " b", " c", " d", " e", " f"]  # the usage says five
    reader = ExactReader()
    for _ in range(3):
        reading = _in_one_piece(reader, _whole(answers.PLAIN["vllm"](texts, ascii_only=False)))
        assert reading is not None
        assert (reading.tokens, reading.usage.completion_tokens) == (6, 5)


@pytest.mark.parametrize("shape", sorted(answers.PLAIN))
@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_answers_are_read_exactly(shape: str, count: int) -> None:
    for text in ("tok", "é\n", '"'):
        whole = _whole(answers.PLAIN[shape]([text] * count, ascii_only=False))
        for pieces in ([b"".join(whole)], whole, [b"".join(whole[:3]), *whole[3:]]):
            exact = exactly_read(ExactReader(), pieces)
            assert exact is not None
            assert exact.tokens == count
            assert told(exact) == told(fully_read(pieces))


@pytest.mark.parametrize("shape", ["vllm", "llama.cpp"])
def test_short_answers_agree_whatever_byte_is_changed(shape: str) -> None:
    whole = b"".join(_whole(answers.PLAIN[shape](["tok"], ascii_only=False)))
    for at in range(len(answers.HEAD), len(whole)):
        for byte in b'"\\\r\n0a{':
            changed = whole[:at] + bytes([byte]) + whole[at + 1 :]
            exact = exactly_read(ExactReader(), [changed])
            if exact is not None:
                assert told(exact) == told(fully_read([changed])), (at, byte)


@pytest.mark.parametrize("thinking", [0, 3])
@pytest.mark.parametrize("head_bytes", [0, 900])
def test_counting_by_usage_takes_each_segment_for_a_token(thinking: int, head_bytes: int) -> None:
    """The head and the role come first, in a segment of their own, however long the head is."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
        b"X-Long: %b\r\n\r\n" % (b"x" * head_bytes)
    )

    def delta(**said: str) -> bytes:
        return answers.chunk(answers.event({"choices": [{"index": 0, "delta": said}]}))

    usage = {"prompt_tokens": 1, "completion_tokens": thinking + 6}
    end = [
        answers.event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        answers.event({"choices": [], "usage": usage}),
        b"data: [DONE]\n\n",
    ]
    pieces = [
        head + delta(role="assistant", content=""),
        *[delta(reasoning_content="hm") for _ in range(thinking)],
        *[delta(content=f"word {at}") for at in range(6)],
        b"".join(map(answers.chunk, end)) + b"0\r\n\r\n",
    ]
    segments = Segments(pieces=pieces, stamps_ns=list(range(len(pieces))))
    reader = ExactReader(count_events=False)
    assert reader.may_read(pieces[0])
    reading = reader.read(segments)
    assert reading is not None
    expected = fully_read(pieces)
    assert list(reading.moments_ns) == expected.moments_ns == list(range(1, thinking + 7))
    assert reading.reasoning_moments == expected.reasoning_moments == thinking
    assert reading.tokens == expected.tokens
