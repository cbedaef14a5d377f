"""The simulator's HTTP by bytes: the malformed, the too large and the old are answered."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from modelforge.simulator.anthropic_events import AnthropicEvents
from modelforge.simulator.anthropic_wire import AnthropicWire
from modelforge.simulator.batch_queue import BatchQueue
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.fault import Fault, FaultKind
from modelforge.simulator.http_connection import HttpConnection
from modelforge.simulator.openai_events import OpenAIEvents
from modelforge.simulator.openai_wire import OpenAIWire
from modelforge.simulator.profile import Profile
from modelforge.simulator.server import Simulator
from modelforge.simulator.simulation import Simulation

QUICK = Profile(name="quick", ttft_s=Distribution(mean=0.01), itl_s=Distribution(mean=0.001))
MIB = 2**20


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(QUICK) as running:
        yield running
        healthy = await exchange(running, b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert healthy.startswith(b"HTTP/1.1 200 ")


async def exchange(sim: Simulator, data: bytes, *, half_close: bool = False) -> bytes:
    """What comes back for ``data`` until the server closes."""
    reader, writer = await asyncio.open_connection(sim.host, sim.port)
    writer.write(data)
    if half_close:
        writer.write_eof()
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    return answer


def post(path: str, *, version: str = "1.1", headers: str = "", **more: Any) -> bytes:
    """A request to ``path`` for six tokens of the quick model."""
    asked = {"model": "quick", "max_tokens": 6, "messages": [{"role": "user", "content": "a b"}]}
    body = json.dumps(asked | more).encode()
    head = f"POST {path} HTTP/{version}\r\nHost: a\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def parted(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers by their names in lower case, and the rest."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return int(first.split()[1]), {name.lower(): value for name, value in pairs}, body


def refused(answer: bytes, status: int, *, kind: str | None = None) -> dict[str, Any]:
    """The error of an answer that is one whole JSON document with ``status``."""
    found, headers, body = parted(answer)
    assert (found, headers["content-type"]) == (status, "application/json")
    assert int(headers["content-length"]) == len(body)
    error: dict[str, Any] = json.loads(body)["error"]
    assert error["message"]
    assert kind is None or error["type"] == kind
    return error


HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"BREW /v1/models HTTP/1.1\r\n\r\n", 405),
        (b"PURGE /v1/chat/completions HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        (b"DELETE /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        (b"GET /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n", 404),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5, 6\r\n\r\n", 400),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400),
        (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
        (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (HEAD + b"Content-Length: 16777217\r\n\r\n", 413),
        (HEAD + b"X: " + b"x" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n", 431),
        (HEAD + b"X: y\r\n" * 40_000 + b"\r\n", 431),
        (b"GET /" + b"x" * 300_000, 431),
    ],
)
async def test_what_cannot_be_served_is_said(sim: Simulator, data: bytes, status: int) -> None:
    refused(await exchange(sim, data), status)
    assert sim.truth["refused"] == 1


async def test_a_refusal_has_the_shape_of_the_api_that_was_asked(sim: Simulator) -> None:
    messages = b"POST /v1/messages HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n"
    refused(await exchange(sim, messages), 413, kind="request_too_large")
    models = (
        b"POST /v1/models HTTP/1.1\r\nAnthropic-Version: 2023-06-01\r\nConnection: close\r\n\r\n"
    )
    assert b'{"type": "error", "error"' in await exchange(sim, models)
    assert b'"code": "method_not_supported"' in await exchange(
        sim, models.replace(b"Anthropic-Version", b"X")
    )


async def test_an_unknown_method_names_those_there_are(sim: Simulator) -> None:
    _, headers, _ = parted(await exchange(sim, b"BREW /v1/models HTTP/1.1\r\n\r\n"))
    assert headers["allow"] == "GET, POST"
    asked = b"PUT /v1/messages HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert parted(await exchange(sim, asked))[1]["allow"] == "POST"


async def test_head_is_answered_without_a_body(sim: Simulator) -> None:
    close = b" HTTP/1.1\r\nConnection: close\r\n\r\n"
    data = b"HEAD /v1/messages HTTP/1.1\r\n\r\nHEAD /nowhere HTTP/1.1\r\n\r\nGET /health" + close
    first, second, last = (await exchange(sim, data)).split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"405 ")
    assert second.startswith(b"404 ")
    assert first.endswith(b"\r\n\r\n")
    assert second.endswith(b"\r\n\r\n")
    assert last.endswith(b'{"status": "ok"}')


async def test_a_body_larger_than_it_may_be_is_refused_while_it_is_sent(sim: Simulator) -> None:
    chunk = b"%x\r\n%b\r\n" % (MIB, b" " * MIB)
    data = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 24
    refused(await exchange(sim, data), 413)
    declared = HEAD + b"Content-Length: 25165824\r\n\r\n" + b" " * (24 * MIB)
    refused(await exchange(sim, declared), 413)


async def test_a_large_body_in_one_read_is_no_large_head(sim: Simulator) -> None:
    asked = post(
        "/v1/chat/completions",
        headers="Connection: close\r\n",
        messages=[{"role": "user", "content": "word " * 40_000}],
    )
    status, _, body = parted(await exchange(sim, asked))
    assert (status, json.loads(body)["usage"]["prompt_tokens"]) == (200, 40_000)


async def test_a_body_shorter_than_it_says_is_refused_at_its_end(sim: Simulator) -> None:
    whole = HEAD + b"Content-Length: 50\r\n\r\n{}"
    error = refused(await exchange(sim, whole, half_close=True), 400)
    assert "ended before the request did" in error["message"]


async def test_a_body_longer_than_it_says_spoils_what_follows(sim: Simulator) -> None:
    answers = await exchange(sim, HEAD + b"Content-Length: 2\r\n\r\n{}{{{}}}\r\n\r\n")
    first, second = answers.split(b"HTTP/1.1 ")[1:]
    assert refused(b"HTTP/1.1 " + first, 400)["param"] == "model"
    assert "not HTTP" in refused(b"HTTP/1.1 " + second, 400)["message"]


async def test_a_chunked_request_is_read_in_any_pieces(sim: Simulator) -> None:
    head, _, body = post("/v1/messages").partition(b"\r\n\r\n")
    head = head.rpartition(b"\r\n")[0] + b"\r\nTransfer-Encoding: chunked\r\nConnection: close"
    chunks = b"".join(b"1;note=x\r\n%c\r\n" % byte for byte in body)
    reader, writer = await asyncio.open_connection(sim.host, sim.port)
    data = head + b"\r\n\r\n" + chunks + b"0\r\nTrailer: t\r\n\r\n"
    for start in range(0, len(data), 7):
        writer.write(data[start : start + 7])
        await writer.drain()
    status, _, answer = parted(await asyncio.wait_for(reader.read(), 20))
    writer.close()
    assert (status, json.loads(answer)["usage"]["output_tokens"]) == (200, 6)


@pytest.mark.parametrize(
    ("path", "ending"),
    [("/v1/chat/completions", b"data: [DONE]\n\n"), ("/v1/messages", b'"message_stop"}\n\n')],
)
async def test_an_old_client_gets_a_stream_that_ends_with_the_connection(
    sim: Simulator, path: str, ending: bytes
) -> None:
    for headers in ("", "Connection: keep-alive\r\n"):
        old = post(path, version="1.0", headers=headers, stream=True)
        status, told, body = parted(await exchange(sim, old))
        assert (status, told["connection"]) == (200, "close")
        assert not {"transfer-encoding", "content-length"} & set(told)
        assert body.startswith((b"data: ", b"event: "))
        assert body.endswith(ending)
        assert all(line.startswith((b"data: ", b"event: ")) for line in body.splitlines() if line)
    assert sim.truth["all"]["outcomes"] == {"completed": 2}


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_a_stream_to_a_client_that_closes_is_chunked_and_says_so(
    sim: Simulator, path: str
) -> None:
    asked = post(path, headers="Connection: close\r\n", stream=True)
    _, told, body = parted(await exchange(sim, asked))
    assert (told["connection"], told["transfer-encoding"]) == ("close", "chunked")
    assert body.endswith(b"0\r\n\r\n")
    _, told, body = parted(await exchange(sim, post(path, headers="Connection: close\r\n")))
    assert (told["connection"], int(told["content-length"])) == ("close", len(body))
    _, told, body = parted(await exchange(sim, post(path, version="1.0")))
    assert (told["connection"], int(told["content-length"])) == ("close", len(body))


async def test_an_offer_of_another_protocol_is_passed_over(sim: Simulator) -> None:
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    data = post("/v1/messages", headers=offer)
    data += post("/v1/messages", headers="Connection: close\r\n")
    statuses = [part[:3] for part in (await exchange(sim, data)).split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"200"]
    refused(await exchange(sim, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 405)


async def test_an_old_client_is_not_told_to_continue(sim: Simulator) -> None:
    asked = post("/v1/messages", version="1.0", headers="Expect: 100-continue\r\n")
    assert (await exchange(sim, asked)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", ["cut", "lying-chunk", "malformed", "error-midstream"])
async def test_faults_reach_an_old_client_without_chunks(kind: FaultKind, stream: bool) -> None:
    model = replace(QUICK, faults=(Fault(kind=kind, rate=1),))
    async with Simulator(model) as sim:
        old = post("/v1/chat/completions", version="1.0", stream=stream)
        _, told, body = parted(await exchange(sim, old))
        assert sim.truth["all"]["outcomes"] == {kind: 1}
    assert "transfer-encoding" not in told
    assert body.startswith(b"data: " if stream else b"{")
    assert b"[DONE]" not in body or kind in {"malformed", "error-midstream"}


class Broken(Exception):
    """Nobody meant this to happen."""


def broken(*_: Any, **__: Any) -> Any:
    raise Broken("a mistake\nin two lines")


@pytest.mark.parametrize(
    "asked_as", [("/v1/chat/completions", "server_error"), ("/v1/messages", "api_error")]
)
@pytest.mark.parametrize("where", ["plan", "opening", "whole", "queue"])
async def test_a_failure_nobody_meant_is_a_500_and_one_line(
    sim: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    asked_as: tuple[str, str],
    where: str,
) -> None:
    path, kind = asked_as
    with monkeypatch.context() as patch:
        if where == "plan":
            patch.setattr("modelforge.simulator.simulation.plan_answer", broken)
        elif where == "opening":
            patch.setattr(OpenAIEvents, "opening", broken)
            patch.setattr(AnthropicEvents, "opening", broken)
        elif where == "whole":
            patch.setattr(OpenAIWire, "answer", broken)
            patch.setattr(AnthropicWire, "answer", broken)
        else:
            patch.setattr("modelforge.simulator.batch_driver.BatchDriver.submit", broken)
        model = "batch" if where == "queue" else "quick"
        asked = post(path, headers="Connection: close\r\n", stream=where != "whole", model=model)
        refused(await exchange(sim, asked), 500, kind=kind)
    told = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(told) == 1
    assert "Broken: a mistake in two lines" in told[0].getMessage()
    assert "\n" not in told[0].getMessage()
    assert sim.truth["all"]["in_progress"] == 0
    served = await exchange(sim, post(path, headers="Connection: close\r\n"))
    assert served.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("queue", [None, BatchQueue()])
async def test_a_failure_in_the_middle_cuts_that_stream_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, queue: BatchQueue | None
) -> None:
    kept = OpenAIEvents.token

    def token(self: OpenAIEvents, mark: bytes, word: int, index: int) -> bytes:
        return broken() if index == 3 and self._model == "bad" else kept(self, mark, word, index)

    monkeypatch.setattr(OpenAIEvents, "token", token)
    apart = Distribution(mean=0.1)  # so that what came before it has left
    bad, good = (replace(QUICK, name=name, queue=queue, itl_s=apart) for name in ("bad", "good"))
    async with Simulator(good, models=[bad]) as sim:
        asked = [
            post("/v1/chat/completions", headers="Connection: close\r\n", stream=True, model=name)
            for name in ("bad", "good")
        ]
        cut, whole = await asyncio.gather(*(exchange(sim, data) for data in asked))
        models = sim.truth["models"]
    assert cut.count(b"data: ") == 1 + 3
    assert not cut.endswith(b"0\r\n\r\n")
    assert whole.endswith(b"0\r\n\r\n")
    assert (models["bad"]["outcomes"], models["good"]["outcomes"]) == (
        {"crashed": 1},
        {"completed": 1},
    )
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


async def test_a_failure_while_reading_is_a_500(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(HttpConnection, "on_body", broken)
        refused(await exchange(sim, post("/v1/messages")), 500, kind="api_error")
    assert "to read a request" in caplog.text


async def test_a_page_that_fails_is_a_500(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Simulation, "metrics", property(broken))
        asked = b"GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n"
        refused(await exchange(sim, asked), 500, kind="server_error")
    assert "GET /metrics" in caplog.text


async def test_a_call_that_fails_does_not_stop_the_timer(caplog: pytest.LogCaptureFixture) -> None:
    async with Simulator(QUICK) as sim:
        sim._timer.at(0.0, broken)
        answer = await exchange(
            sim, post("/v1/messages", headers="Connection: close\r\n", stream=True)
        )
    assert answer.endswith(b"0\r\n\r\n")
    assert "at a moment" in caplog.text
