"""What can go wrong on real sockets has a name each, and nothing else is touched by it."""

from __future__ import annotations

import asyncio
import gzip
import resource
import ssl
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import ConnectionFailed, RateLimited, RequestError
from modelforge.core.prompt import Prompt
from modelforge.providers.anthropic_messages import AnthropicMessages
from modelforge.providers.codec import ChatCodec
from modelforge.providers.gemini import Gemini
from modelforge.providers.openai_responses import OpenAIResponses
from modelforge.wire.connection import WireConnection
from modelforge.wire.exchange import Exchange
from tests.support.openai_server import (
    BEHAVIOURS,
    DEFAULT_TEXT,
    Connection,
    OpenAIServer,
    by_model,
    event,
    stream_of,
)
from tests.support.vendor_server import ARGUMENTS, TEXT, vendor_server
from tests.support.wire import KEY, Asker, target_at

GOOD = "".join(DEFAULT_TEXT)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunked(*events: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in events)


_WHOLE = _HEAD + _chunked(*stream_of(DEFAULT_TEXT)) + b"0\r\n\r\n"
_BODY = b"".join(stream_of(DEFAULT_TEXT))

Say = Callable[[Connection], Awaitable[None]]


def _closing(data: bytes) -> Say:
    async def say(connection: Connection) -> None:
        await connection.raw(data)
        connection.writer.close()

    return say


def _raw(*pieces: bytes) -> Say:
    """Pieces on a connection that stays open."""

    async def say(connection: Connection) -> None:
        for piece in pieces:
            await connection.raw(piece)
            await asyncio.sleep(0.01)

    return say


async def _headers_without_end(connection: Connection) -> None:
    await connection.raw(b"HTTP/1.1 200 OK\r\n")
    while True:
        await connection.raw(b"X-More: " + b"x" * 2**12 + b"\r\n")


async def _large_event(connection: Connection) -> None:
    await connection.head()
    await connection.raw(b"%x\r\ndata: " % (200 * 2**20))
    for _ in range(200):
        await connection.raw(b"x" * 2**20)


_SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
_OLD = _SSE.replace(b"1.1", b"1.0") + b"\r\n"
_EVENT = event({"content": "x"})
_BOMB = gzip.compress(_EVENT * (40 * 2**20 // len(_EVENT)))  # no event of it is large
_UPGRADE = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"

GOOD_BUT_ODD: dict[str, Say] = {
    "leading-zeros": _raw(_WHOLE.replace(b"\r\n9", b"\r\n09").replace(b"\r\ne", b"\r\n0E")),
    "extension": _raw(_WHOLE.replace(b"\r\n0\r\n\r\n", b"\r\n0;a=b\r\n\r\n")),
    "trailer": _raw(_WHOLE[:-2] + b"X-Sum: 1\r\n\r\n"),
    "one-byte-each": _raw(*(_WHOLE[at : at + 1] for at in range(60)), _WHOLE[60:]),
    "continue": _raw(b"HTTP/1.1 100 Continue\r\n\r\n" + _WHOLE),
    "early-hints": _raw(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", _WHOLE),
    "http-1.0": _closing(_OLD + _BODY),
    "close": _closing(_WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)),
    "length": _raw(_SSE + b"Content-Length: %d\r\n\r\n" % len(_BODY) + _BODY),
    "done-without-end": _raw(_WHOLE[:-5]),
    "done-then-closed": _closing(_WHOLE[:-5]),
    "twice": _raw(_WHOLE * 2),
    "with-garbage": _raw(_WHOLE + b"\x00\x01 garbage"),
}
BAD: dict[str, tuple[Say, str]] = {
    "short-size": (_closing(_HEAD + b"5\r\n" + _EVENT + b"\r\n0\r\n\r\n"), "malformed_response"),
    "long-size": (_closing(_HEAD + b"fff\r\n" + _EVENT + b"\r\n0\r\n\r\n"), "stream_cut"),
    "no-hex": (_closing(_HEAD + b"zz\r\nx\r\n"), "malformed_response"),
    "negative": (_closing(_HEAD + b"-5\r\nx\r\n"), "malformed_response"),
    "switching": (_raw(_UPGRADE), "malformed_response"),
    "http-1.0-cut": (_closing(_OLD + _EVENT), "stream_cut"),
    "too-long": (_closing(_SSE + b"Content-Length: 9999\r\n\r\n" + _EVENT), "stream_cut"),
    "not-gzip": (
        _raw(_SSE + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno zipped"),
        "malformed_response",
    ),
    "not-asked-for": (
        _raw(_SSE + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\n\x0b\x01\x80"),
        "malformed_response",
    ),
    "bomb": (
        _raw(_SSE + b"Content-Encoding: GZIP\r\nContent-Length: %d\r\n\r\n" % len(_BOMB) + _BOMB),
        "response_too_large",
    ),
    "headers-without-end": (_headers_without_end, "malformed_response"),
    "large-event": (_large_event, "response_too_large"),
    "nothing": (_closing(b""), "connection_failed"),
    "half-a-head": (_closing(b"HTTP/1.1 200 OK\r\nContent-"), "stream_cut"),
}


async def _handle(connection: Connection) -> None:
    name = str(connection.request.body["model"])
    if name in GOOD_BUT_ODD:
        await GOOD_BUT_ODD[name](connection)
    elif name in BAD:
        await BAD[name][0](connection)
    else:
        await by_model(connection)


@pytest.fixture
def odd() -> Iterator[OpenAIServer]:
    with OpenAIServer(handler=_handle) as running:
        yield running


@pytest.mark.parametrize("name", sorted(GOOD_BUT_ODD))
async def test_odd_http_is_read(odd: OpenAIServer, name: str) -> None:
    async with Asker(target_at(odd.base_url, name)) as asker:
        for _ in range(2):  # the second meets what the first left behind
            (told,) = await asker.ask()
            assert told.kind is None, str(told.reading.error)
            assert told.reading.text == GOOD
            assert told.reading.usage.completion_tokens == len(DEFAULT_TEXT)


@pytest.mark.parametrize("name", sorted(BAD))
async def test_bad_http_is_named(odd: OpenAIServer, name: str) -> None:
    async with Asker(target_at(odd.base_url, name)) as asker:
        for _ in range(2):
            (told,) = await asker.ask()
            assert told.kind == BAD[name][1], str(told.reading.error)


FAULTS = {
    "status:401": "authentication_failed",
    "status:404": "request_refused",
    "status:429": "rate_limited",
    "status:500": "server_failed",
    "redirect": "request_refused",
    "no-content": "empty_response",
    "html": "malformed_response",
    "garbage": "malformed_response",
    "cut": "stream_cut",
    "dropped": "stream_cut",
    "lying-chunk": "malformed_response",
    "malformed-event": "malformed_response",
    "error-event": "server_failed",
    "wrong-shape": "malformed_response",
    "huge-event": "response_too_large",
    "aborts": "connection_failed",
}


@pytest.mark.parametrize("model", sorted(FAULTS))
async def test_faults_are_named(server: OpenAIServer, model: str) -> None:
    server.answers.clear()
    if model == "aborts":
        model = "crash-on-kill"
    async with Asker(target_at(server.base_url, model)) as asker:
        (told,) = await asker.ask("KILL")
        expected = FAULTS["aborts" if model == "crash-on-kill" else model]
        assert told.kind == expected, str(told.reading.error)
        assert KEY not in str(told.reading.error)
    # Nothing was sent a second time; and whom a redirect named was not asked, and not told the key.
    assert len(server.requests) == 1
    if model == "status:429":
        assert isinstance(told.reading.error, RateLimited)
        assert told.reading.error.retry_after_s == 7


@pytest.mark.parametrize("model", ["zipped", "byte-by-byte", "one-line:200000"])
async def test_what_is_unusual_and_right(server: OpenAIServer, model: str) -> None:
    async with Asker(target_at(server.base_url, model)) as asker:
        for told in await asker.ask(times=3):
            assert told.kind is None
            assert told.reading.text in {GOOD, "snöwman ☃ done", "x" * 200_000}


async def test_one_fault_touches_no_other_stream(odd: OpenAIServer) -> None:
    async with Asker(target_at(odd.base_url, "slow:200")) as asker:
        good = asyncio.create_task(asker.ask(times=20))
        faults = [
            asyncio.create_task(_one(odd, name)) for name in ("no-hex", "nothing", "short-size")
        ]
        kinds = await asyncio.gather(*faults)
        assert None not in kinds
        assert [told.kind for told in await good] == [None] * 20


async def _one(server: OpenAIServer, name: str) -> str | None:
    async with Asker(target_at(server.base_url, name)) as asker:
        (told,) = await asker.ask()
        return told.kind


@pytest.mark.parametrize("model", ["stall", "silent"])
async def test_a_stall_ends_in_time(server: OpenAIServer, model: str) -> None:
    async with Asker(target_at(server.base_url, model), timeout_s=0.5) as asker:
        for told in await asker.ask(times=50):
            assert told.kind == "timed_out"
            assert told.reading.tokens == (1 if model == "stall" else 0)


async def test_an_endless_answer_ends_in_time_and_is_not_held(server: OpenAIServer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    target = target_at(server.base_url, "flood")
    async with Asker(target, timeout_s=2, keep_text=False) as asker:
        (told,) = await asker.ask()
        assert told.kind == "timed_out"
        assert told.received > 20 * 2**20
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < max(64 * 2**20, told.received // 3)


async def test_an_unreachable_server_is_named_for_each_request() -> None:
    for base_url in ("http://127.0.0.1:1/v1", "http://no-such-host.invalid/v1"):
        async with Asker(target_at(base_url), most_connections=2) as asker:
            # More requests than connections: those that waited for one fail too.
            assert [told.kind for told in await asker.ask(times=7)] == ["connection_failed"] * 7
            with pytest.raises(ConnectionFailed, match="cannot connect"):
                await asker.client.open(1)


async def test_who_never_answers_tls_has_as_long_as_an_answer() -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with Asker(target_at(f"https://127.0.0.1:{port}/v1"), timeout_s=0.3) as asker:
            (told,) = await asker.ask()
            assert told.kind == "timed_out"
            assert str(told.reading.error).endswith("within 0.3 s")


async def test_no_more_connections_than_allowed(server: OpenAIServer) -> None:
    for model in ("slow:20", "status:500"):
        async with Asker(target_at(server.base_url, model), most_connections=3) as asker:
            told = await asker.ask(times=20)
        # For three of them one was opened; the others waited for these, which is the client's lag.
        assert sum(one.exchange.opening_ns > 0 for one in told) == 3
        assert len(told) == 20
    assert server.most_in_flight == 3


async def test_what_is_sent_as_a_connection_opens_has_one_of_its_own(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Asker(target_at(server.base_url, "slow:300")) as asker:
        client, loop = asker.client, asyncio.get_running_loop()
        ask = Ask(prompt=Prompt.of("Hi"), source="test")
        second = Exchange(index=1, phase=Phase.MEASURED, ask=ask)
        send_on = client._send_on

        def also_send(connection: WireConnection, exchange: Exchange) -> None:
            send_on(connection, exchange)
            if exchange is not second:  # in the turn in which the first one's connection is there
                loop.call_soon(client.send, second)

        monkeypatch.setattr(client, "_send_on", also_send)
        await asker.ask()
        await asker.heard(2)
    assert [one.exchange.reused for one in asker.told] == [False, False]


async def test_never_more_connections_where_each_is_closed(odd: OpenAIServer) -> None:
    async with Asker(target_at(odd.base_url, "close"), most_connections=3) as asker:
        assert {told.kind for told in await asker.ask(times=30)} == {None}
    assert odd.most_in_flight <= 3


async def test_a_kept_connection_that_was_closed_is_replaced(server: OpenAIServer) -> None:
    async with Asker(target_at(server.base_url, "then-closed")) as asker:
        for _ in range(4):
            (told,) = await asker.ask()
            assert told.kind is None
            await asyncio.sleep(0.1)
    assert len(server.requests) == 4


async def test_what_a_kept_connection_lost_goes_out_on_a_new_one(server: OpenAIServer) -> None:
    """Another kept one may be about to be closed too."""
    async with Asker(target_at(server.base_url, "then-closed"), most_connections=3) as asker:
        told = await asker.ask(times=60)
    assert {one.kind for one in told} == {None}
    assert server.most_in_flight <= 3


@pytest.mark.parametrize("pays", [True, False])
async def test_what_is_paid_again_is_asked_before(server: OpenAIServer, *, pays: bool) -> None:
    asked: list[int] = []

    def pay_again(exchange: Exchange) -> bool:
        asked.append(exchange.index)
        return pays

    target = target_at(server.base_url, "then-closed")
    async with Asker(target, most_connections=3, pay_again=pay_again) as asker:
        told = await asker.ask(times=60)
    lost = {one.exchange.index for one in told if one.kind == "connection_failed"}
    assert 1 <= len(asked) <= 3  # after the first, no connection is kept
    assert lost == (set() if pays else set(asked))
    assert len({one.kind for one in told}) == 2 - pays


async def test_a_request_is_sent_again_once_and_no_more() -> None:
    async def once(connection: Connection) -> None:
        """The first request of all is answered; each later one has its connection closed."""
        if len(server.requests) > 1:
            connection.writer.transport.abort()
            return
        await BEHAVIOURS["ok"](connection, "")

    with OpenAIServer(handler=once) as server:
        async with Asker(target_at(server.base_url)) as asker:
            assert [told.kind for told in await asker.ask()] == [None]
            assert [told.kind for told in await asker.ask()] == ["connection_failed"]
        assert len(server.requests) == 3


async def test_an_error_in_a_whole_stream_costs_no_other_request_anything() -> None:
    ends = b"data: [DONE]\n\n"
    failed = (
        _HEAD + _chunked(_EVENT, b'data: {"error":{"message":"full"}}\n\n', ends) + b"0\r\n\r\n"
    )

    async def every_second(connection: Connection) -> None:
        await connection.raw(_WHOLE if len(server.requests) % 2 else failed)

    with OpenAIServer(handler=every_second) as server:
        async with Asker(target_at(server.base_url), most_connections=1) as asker:
            told = await asker.ask(times=20)
        assert sorted(str(one.kind) for one in told) == ["None"] * 10 + ["server_failed"] * 10
        assert len(server.requests) == 20  # none was broken off and sent again


async def test_large_prompts_arrive_whole(server: OpenAIServer) -> None:
    prompt = "é" * 2**20
    async with Asker(target_at(server.base_url, "ok")) as asker:
        for told in await asker.ask(prompt, times=4):
            assert told.kind is None
    assert [request.prompt == prompt for request in server.requests] == [True] * 4


async def _answers_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads the head of each request, answers, and does not read on for a moment."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"POST ")
        writer.write(_WHOLE)
        await asyncio.sleep(0.2)
        while await reader.read(2**16):
            pass
    finally:
        writer.close()


async def test_an_answer_before_the_request_is_out() -> None:
    server = await asyncio.start_server(_answers_early, "127.0.0.1", 0, limit=2**12)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with Asker(target_at(f"http://127.0.0.1:{port}/v1")) as asker:
            for _ in range(3):
                (told,) = await asker.ask("x" * 2**23)
                assert (told.kind, told.exchange.reused) == (None, False)


CODECS: dict[str, ChatCodec] = {
    "anthropic": AnthropicMessages(),
    "gemini": Gemini(),
    "responses": OpenAIResponses(),
}


@pytest.mark.parametrize("name", sorted(CODECS))
@pytest.mark.parametrize("model", ["text", "tools", "reasoning", "broken", "status:429"])
async def test_other_protocols(name: str, model: str) -> None:
    with vendor_server() as server:
        async with Asker(target_at(server.base_url, model, CODECS[name])) as asker:
            for told in await asker.ask(times=3):
                reading = told.reading
                if model in {"broken", "status:429"}:
                    assert told.kind == ("server_failed" if model == "broken" else "rate_limited")
                    continue
                assert (told.kind, reading.text, reading.finished) == (None, TEXT, True)
                assert reading.usage.completion_tokens == 4
                assert reading.reasoning_tokens == (model == "reasoning")
                calls = 0
                if model == "tools":
                    calls = 1 if name == "gemini" else len(ARGUMENTS) + 1
                assert reading.tokens == 2 + calls + reading.reasoning_tokens


async def test_tls(authority: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority / "ca.pem", authority / "key.pem")
    with OpenAIServer(tls=tls) as server:
        async with Asker(target_at(server.base_url)) as asker:
            (told,) = await asker.ask()
            assert told.kind == "connection_failed"
            assert isinstance(told.reading.error, RequestError)
            assert "not trusted" in str(told.reading.error)
            assert not told.reading.error.retryable
        assert server.requests == []
        trusting = target_at(server.base_url, ca_file=str(authority / "ca.pem"))
        async with Asker(trusting) as asker:
            for told in await asker.ask("x" * 2**20, times=3):
                assert (told.kind, told.reading.text) == (None, GOOD)
        plain = target_at(server.base_url.replace("https", "http"))
        async with Asker(plain) as asker:
            (told,) = await asker.ask()
            assert told.kind in {"connection_failed", "malformed_response", "stream_cut"}
