"""A connection reads the same, however the network cut what it received."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import ConnectionFailed, TimedOut
from modelforge.core.prompt import Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire import connection as module
from modelforge.wire.backlog import read_complete
from modelforge.wire.connection import WireConnection
from modelforge.wire.exact_reader import ExactReader
from modelforge.wire.exchange import Exchange
from modelforge.wire.full_reader import FullReader
from modelforge.wire.reading import Reading, Segments
from tests.unit.wire import answers

_LOADED = settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Clock:
    """The time is what it is set to."""

    now: int = 0

    def __call__(self) -> int:
        return self.now


class Transport:
    """Holds what is written; ``unsent`` of it is still here."""

    def __init__(self) -> None:
        self.written = b""
        self.unsent = 0
        self.aborted = False

    def get_extra_info(self, name: str) -> object:
        return object() if name == "sslcontext" else None  # so that no file descriptor is asked for

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True


@dataclass
class Owner:
    """Keeps what it is told."""

    exact: ExactReader | None = field(default_factory=ExactReader)
    keep_text: bool = True
    readings: list[Reading] = field(default_factory=list)
    received: list[int] = field(default_factory=list)
    dropped_exchanges: list[Exchange | None] = field(default_factory=list)
    full_readers: int = 0

    def full_reader(self) -> FullReader:
        self.full_readers += 1
        return FullReader(OpenAIChat(), url="http://target", keep_text=self.keep_text)

    def answered(
        self, _connection: WireConnection, _exchange: Exchange, reading: Reading, received: int
    ) -> None:
        self.readings.append(reading)
        self.received.append(received)

    def ended(
        self, _connection: WireConnection, _exchange: Exchange, segments: Segments, received: int
    ) -> None:
        reading = read_complete(
            segments, exact=self.exact, full=self.full_reader, keep_text=self.keep_text
        )
        self.readings.append(reading)
        self.received.append(received)

    def dropped(self, _connection: WireConnection, exchange: Exchange | None) -> None:
        self.dropped_exchanges.append(exchange)


@dataclass
class Line:
    """A connection to nowhere."""

    owner: Owner = field(default_factory=Owner)
    transport: Transport = field(default_factory=Transport)

    def __post_init__(self) -> None:
        self.connection = WireConnection(cast("module.Owner", self.owner))
        self.connection.connection_made(cast("asyncio.BaseTransport", self.transport))

    def send(self) -> Exchange:
        exchange = Exchange(
            index=0, phase=Phase.MEASURED, ask=Ask(prompt=Prompt.of("Hi"), source="test")
        )
        self.connection.send(exchange, b"POST / HTTP/1.1\r\n\r\n")
        return exchange


def told(reading: Reading) -> dict[str, object]:
    """All that is said of an answer but when."""
    error = reading.error
    return {
        "status": reading.status,
        "tokens": reading.tokens,
        "reasoning": reading.reasoning_tokens,
        "usage": reading.usage,
        "text": reading.text,
        "error": None if error is None else error.kind,
        "finished": reading.finished,
        "reusable": reading.reusable,
    }


def _reading_of(clock: Clock, pieces: list[bytes], *, exact: bool = True) -> Reading:
    """What a connection reads of pieces that arrive at 1, 2, 3 …, after which it is closed."""
    line = Line(Owner(exact=ExactReader() if exact else None))
    line.send()
    for clock.now, piece in enumerate(pieces, 1):
        line.connection.data_received(piece)
        if line.owner.readings:
            break
    else:
        clock.now = len(pieces) + 1
        line.connection.hurry()
    if not line.owner.readings:
        line.connection.connection_lost(None)
    (reading,) = line.owner.readings
    assert line.transport.aborted == (not reading.reusable)
    return reading


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True, scope="module")
def _timed(clock: Clock) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "monotonic_ns", clock)
        yield


@_LOADED
@given(data=st.data(), whole=answers.answers())
def test_reads_the_same_however_it_is_cut(
    clock: Clock, data: st.DataObject, whole: list[bytes]
) -> None:
    pieces = data.draw(answers.cut(whole))
    reading = _reading_of(clock, pieces)
    plain = _reading_of(clock, pieces, exact=False)
    assert told(reading) == told(plain)
    assert list(reading.moments_ns) == list(plain.moments_ns)
    at_once = _reading_of(clock, [b"".join(pieces)], exact=False)
    # What comes behind an answer spoils its connection, at once or when it comes.
    assert reading.reusable or not at_once.reusable
    assert told(reading) == told(at_once) | {"reusable": reading.reusable}


@given(data=st.data(), shape=st.sampled_from(sorted(answers.PLAIN)))
@settings(max_examples=60)
def test_plain_answers_take_the_short_way(data: st.DataObject, shape: str) -> None:
    owner = Owner()
    line = Line(owner)
    body = b"".join(map(answers.chunk, answers.PLAIN[shape](["a", "b", "c"], ascii_only=False)))
    body += answers.END
    edges = data.draw(st.sets(st.integers(1, len(body) - 1), max_size=6))
    pieces = [body[start:end] for start, end in pairwise(sorted({0, *edges, len(body)}))]
    if data.draw(st.booleans()):
        pieces.insert(0, answers.HEAD)
    else:
        pieces[0] = answers.HEAD + pieces[0]
    line.send()
    for piece in pieces:
        line.connection.data_received(piece)
    assert [reading.tokens for reading in owner.readings] == [3]
    assert owner.full_readers == 0


def _good(texts: list[str]) -> list[bytes]:
    events = answers.PLAIN["vllm"](texts, ascii_only=False)
    return [answers.HEAD, *map(answers.chunk, events), answers.END]


def test_an_end_of_body_inside_a_text_ends_nothing(clock: Clock) -> None:
    raw = answers.chunk(b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n: \r\n0\r\n\r\n')
    whole = b"".join([answers.HEAD, raw, *_good(["a", "b"])[1:]])
    ends = whole.index(b"\r\n0\r\n\r\n") + 7
    reading = _reading_of(clock, [whole[:ends], whole[ends:]])
    assert (reading.tokens, reading.error, reading.reusable) == (3, None, True)


@pytest.mark.parametrize("extra", [b"garbage", b"HTTP/1.1 500 No\r\n\r\n", answers.HEAD])
@pytest.mark.parametrize("exact", [True, False])
def test_bytes_behind_an_answer_spoil_the_connection_and_not_the_answer(
    clock: Clock, extra: bytes, *, exact: bool
) -> None:
    reading = _reading_of(clock, [b"".join(_good(["a", "b"])) + extra], exact=exact)
    assert (reading.status, reading.tokens, reading.error) == (200, 2, None)
    assert reading.finished
    assert not reading.reusable


def test_two_answers_at_once_are_one_answer(clock: Clock) -> None:
    reading = _reading_of(clock, [b"".join(_good(["a", "b"])) * 2])
    assert (reading.tokens, reading.text, reading.error) == (2, "ab", None)
    assert not reading.reusable


def test_bytes_that_nobody_asked_for_close_the_connection(clock: Clock) -> None:
    line = Line()
    line.connection.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    assert line.transport.aborted
    assert line.owner.readings == []


def test_an_answer_before_the_request_is_out_ends_the_connection(clock: Clock) -> None:
    line = Line()
    line.send()
    line.transport.unsent = 10
    for piece in _good(["a", "b"]):
        line.connection.data_received(piece)
    (reading,) = line.owner.readings
    assert reading.error is None
    assert not reading.reusable
    assert line.transport.aborted


def test_a_kept_connection_that_dies_unheard_is_no_answer(clock: Clock) -> None:
    line = Line()
    line.send()
    line.connection.data_received(b"".join(_good(["a", "b"])))
    second = line.send()
    assert second.reused
    line.connection.connection_lost(None)
    assert line.owner.dropped_exchanges == [second]
    assert len(line.owner.readings) == 1


def test_what_arrives_behind_a_spoilt_answer_is_no_answer(clock: Clock) -> None:
    line = Line()
    line.send()
    line.connection.data_received(b"".join(_good(["a", "b"])))
    second = line.send()
    line.connection.data_received(_good(["a", "b"])[0])
    line.connection.disown()  # as the first answer turns out to be
    assert line.transport.aborted
    line.connection.connection_lost(None)
    assert line.owner.dropped_exchanges == [second]
    assert len(line.owner.readings) == 1


def test_a_fresh_connection_that_dies_unheard_has_failed(clock: Clock) -> None:
    line = Line()
    line.send()
    line.connection.connection_lost(None)
    (reading,) = line.owner.readings
    assert isinstance(reading.error, ConnectionFailed)


def test_the_last_word_without_an_end_of_body_is_an_answer(clock: Clock) -> None:
    for ending in ("hurry", "lost"):
        line = Line()
        line.send()
        for piece in _good(["a", "b"])[:-1]:
            line.connection.data_received(piece)
        assert line.owner.readings == []
        if ending == "hurry":
            line.connection.hurry()
        else:
            line.connection.connection_lost(None)
        (reading,) = line.owner.readings
        assert (reading.tokens, reading.error, reading.finished) == (2, None, True)
        assert not reading.reusable


def test_hurry_ends_nothing_that_still_speaks(clock: Clock) -> None:
    line = Line()
    line.send()
    *begun, last = _good(["a", "b"])
    for clock.now, piece in enumerate(begun[:-1], 100):
        line.connection.data_received(piece)
        line.connection.hurry()
    clock.now = 200
    line.connection.data_received(begun[-1])
    assert line.connection.heard_ns == 200
    line.connection.data_received(last)
    (reading,) = line.owner.readings
    assert reading.tokens == 2
    assert reading.reusable
    assert line.owner.received == [sum(map(len, (*begun, last)))]


def test_giving_up_keeps_what_had_arrived(clock: Clock) -> None:
    line = Line()
    line.send()
    for clock.now, piece in enumerate(_good(["a", "b", "c"])[:4], 1):
        line.connection.data_received(piece)
    line.connection.give_up(TimedOut("late"))
    (reading,) = line.owner.readings
    assert isinstance(reading.error, TimedOut)
    assert (reading.tokens, list(reading.moments_ns)) == (2, [3, 4])
    assert line.transport.aborted


def test_an_endless_answer_is_not_held(clock: Clock) -> None:
    line = Line(Owner(keep_text=False))
    line.send()
    line.connection.data_received(answers.HEAD)
    piece = answers.chunk(b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % (b"x" * 2**16))
    for _ in range(400):
        line.connection.data_received(piece)
    assert sum(map(len, line.connection._pieces)) <= 8 * 2**20
    line.connection.give_up(TimedOut("late"))
    (reading,) = line.owner.readings
    assert reading.tokens == 400
    assert line.owner.received == [len(answers.HEAD) + 400 * len(piece)]


@pytest.mark.parametrize(
    "endless",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\n",
        answers.HEAD + b"0\r\nX-Trailer: ",
        answers.HEAD + b"5;extension=",
        b"HTTP/1.1 100 Continue\r\nX: ",
        b"HTTP/1.1 200 ",
    ],
)
def test_words_about_an_answer_have_an_end(clock: Clock, endless: bytes) -> None:
    line = Line()
    line.send()
    line.connection.data_received(endless)
    name = b"a" if not endless.endswith(b"OK\r\n") else b"A: b\r\n"
    for _ in range(320):
        if line.owner.readings:
            break
        line.connection.data_received(name * 2**14)
    (reading,) = line.owner.readings
    assert reading.error is not None
    assert reading.error.kind == "malformed_response"


@pytest.mark.parametrize("end", [b"00\r\n\r\n", b"0\r\nA: b\r\n\r\n", b"0;x\r\n\r\n"])
def test_an_unusual_end_of_body_is_seen_at_once(clock: Clock, end: bytes) -> None:
    line = Line()
    line.send()
    for piece in (*_good(["a", "b"])[:-1], end):
        line.connection.data_received(piece)
    (reading,) = line.owner.readings
    assert (reading.tokens, reading.reusable) == (2, True)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_another_protocol_is_not_entered(clock: Clock, head: bytes) -> None:
    reading = _reading_of(clock, [head])
    assert reading.error is not None
    assert reading.error.kind == "malformed_response"
