"""The HTTP client against a real server that misbehaves in every way it knows."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from modelforge.config.schema import ProviderSettings
from modelforge.core import errors
from modelforge.core.events import ReasoningDelta, TextDelta, UsageReport
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.providers.connection import connect
from modelforge.providers.fixed_endpoint import FixedEndpoint
from modelforge.providers.http_model import HttpChatModel
from modelforge.providers.http_status import status_error
from modelforge.providers.sessions import HttpSessions
from tests.support.openai_server import OpenAIServer

KEY = "sk-planted-0123456789"


class Heard:
    """What came of one question."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.usage = Usage()
        self.error: errors.RequestError | None = None
        self.moments: list[float] = []


def _chat(
    server: OpenAIServer, sessions: HttpSessions, model: str, *, stop: tuple[str, ...] = ()
) -> HttpChatModel:
    settings = ProviderSettings(base_url=server.base_url)
    return HttpChatModel(
        id=ModelId(provider="target", model=model),
        endpoint=FixedEndpoint(url=server.base_url),
        connection=connect("target", settings, {}),
        sessions=sessions,
        clock=time.monotonic,
        stop=stop,
    )


async def _ask(
    server: OpenAIServer, model: str, *, generation: Generation | None = None, prompt: str = "hi"
) -> Heard:
    settings = ProviderSettings(
        base_url=server.base_url, api_key_env=("KEY",), headers={"X-Secret": "hush-hush"}
    )
    heard = Heard()
    async with HttpSessions() as sessions:
        chat = HttpChatModel(
            id=ModelId(provider="target", model=model),
            endpoint=FixedEndpoint(url=server.base_url),
            connection=connect("target", settings, {"KEY": KEY}),
            sessions=sessions,
            clock=time.monotonic,
        )
        try:
            async for arrival in chat.stream(Prompt.of(prompt), generation or Generation()):
                assert arrival.at_s is not None
                heard.moments.append(arrival.at_s)
                for event in arrival.events:
                    match event:
                        case TextDelta():
                            heard.text += event.text
                        case ReasoningDelta():
                            heard.reasoning += event.text
                        case UsageReport():
                            heard.usage = event.usage
        except errors.RequestError as error:
            heard.error = error
        heard.text = chat.redact(heard.text)
    return heard


@pytest.mark.parametrize("model", ["ok", "zipped", "endless", "slow:30"])
async def test_whole_answers(server: OpenAIServer, model: str) -> None:
    heard = await _ask(server, model)
    assert (heard.error, heard.text) == (None, "Hello, world.")
    assert heard.usage.completion_tokens == 4
    assert heard.moments == sorted(heard.moments)


async def test_an_answer_in_one_piece(server: OpenAIServer) -> None:
    heard = await _ask(server, "ok", generation=Generation(stream=False))
    assert (heard.error, heard.text, heard.usage.total_tokens) == (None, "Hello, world.", 9)
    assert server.requests[0].body["stream"] is False


async def test_letters_that_arrive_in_pieces(server: OpenAIServer) -> None:
    heard = await _ask(server, "byte-by-byte")
    assert (heard.error, heard.text) == (None, "snöwman ☃ done")


async def test_reasoning_is_told_apart(server: OpenAIServer) -> None:
    heard = await _ask(server, "reasoning")
    assert (heard.reasoning, heard.text) == ("let me think", "42")
    assert heard.usage == Usage(
        prompt_tokens=5, completion_tokens=4, cached_tokens=2, reasoning_tokens=3
    )


async def test_an_empty_answer_is_an_answer(server: OpenAIServer) -> None:
    heard = await _ask(server, "empty-answer")
    assert (heard.error, heard.text) == (None, "")


async def test_key_and_headers_are_sent(server: OpenAIServer) -> None:
    await _ask(server, "ok")
    sent = server.requests[0]
    assert sent.path == "/v1/chat/completions"
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["x-secret"] == "hush-hush"


def test_a_header_is_sent_once_whatever_its_case() -> None:
    settings = ProviderSettings(api_key_env=("KEY",), headers={"authorization": "Bearer other"})
    assert connect("target", settings, {"KEY": KEY}).headers == {"Authorization": f"Bearer {KEY}"}
    assert connect("target", replace(settings, api_key_env=()), {}).headers == {
        "authorization": "Bearer other"
    }


FAULTS: list[tuple[str, type[errors.RequestError], str, str]] = [
    ("status:401", errors.AuthenticationFailed, "401", ""),
    ("status:403", errors.AuthenticationFailed, "403", ""),
    ("status:404", errors.RequestRefused, "check base_url", ""),
    ("status:400", errors.RequestRefused, "you said", ""),
    ("status:429", errors.RateLimited, "429", ""),
    ("status:500", errors.ServerFailed, "500", ""),
    ("status:529", errors.ServerFailed, "529", ""),
    ("redirect", errors.RequestRefused, "http://127.0.0.1:1/elsewhere", ""),
    ("no-content", errors.EmptyResponse, "204", ""),
    ("html", errors.MalformedResponse, "Welcome to the proxy", ""),
    ("garbage", errors.RequestError, "", ""),
    ("wrong-shape", errors.MalformedResponse, "chat completion", ""),
    ("empty-body", errors.EmptyResponse, "empty", ""),
    ("malformed-event", errors.MalformedResponse, "{not json", "before"),
    ("error-event", errors.ServerFailed, "overloaded", "before"),
    ("cut", errors.StreamCut, "ended before", "half an"),
    ("dropped", errors.StreamCut, "broke off", "half an"),
    ("huge-event", errors.ResponseTooLarge, "bytes", ""),
]


@pytest.mark.parametrize(("model", "kind", "words", "kept"), FAULTS)
async def test_every_fault_has_a_name_and_keeps_what_arrived(
    server: OpenAIServer, model: str, kind: type[errors.RequestError], words: str, kept: str
) -> None:
    heard = await _ask(server, model)
    assert isinstance(heard.error, kind), heard.error
    message = str(heard.error)
    assert words in message
    assert "\n" not in message
    assert KEY not in message
    assert heard.text == kept


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "0.25"}, 0.25),
        (
            {
                "Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT",
                "Date": "Fri, 31 Dec 1999 23:59:50 GMT",
            },
            9,
        ),
        ({"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 408])
def test_how_long_to_wait(status: int, headers: dict[str, str], wait_s: float | None) -> None:
    error = status_error(status, headers, None, url="http://x")
    assert error.retry_after_s == wait_s
    assert error.retryable


def test_a_date_without_the_servers_own_clock() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    error = status_error(429, {"Retry-After": later}, None, url="http://x")
    assert error.retry_after_s is not None
    assert 95 < error.retry_after_s <= 100


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(400, False), (401, False), (404, False), (408, True), (409, True), (422, False),
     (429, True), (500, True), (501, False), (502, True), (503, True), (505, False), (529, True)],
)  # fmt: skip
def test_what_may_pass(status: int, retryable: bool) -> None:
    assert status_error(status, {}, None, url="http://x").retryable is retryable


async def test_retry_after_is_read(server: OpenAIServer) -> None:
    heard = await _ask(server, "status:429")
    assert isinstance(heard.error, errors.RateLimited)
    assert heard.error.retry_after_s == 7


async def test_nobody_there() -> None:
    with OpenAIServer() as server:
        gone = server
    heard = await _ask(gone, "ok")
    assert isinstance(heard.error, errors.ConnectionFailed)
    assert "is the server running?" in str(heard.error)


async def test_a_key_that_the_server_repeats_is_removed(server: OpenAIServer) -> None:
    assert (await _ask(server, "echo")).text == "hi Bearer [redacted]"
    assert (await _ask(server, "echo-split")).text == "Bearer [redacted]"


async def test_an_unpaired_surrogate_in_a_prompt_can_be_sent(server: OpenAIServer) -> None:
    heard = await _ask(server, "ok", prompt="half \ud800 a pair")
    assert heard.error is None
    assert server.requests[0].prompt == "half \ud800 a pair"


async def test_connections_are_used_again(server: OpenAIServer) -> None:
    async with HttpSessions() as sessions:
        chat = _chat(server, sessions, "ok")
        for _ in range(5):
            _ = [arrival async for arrival in chat.stream(Prompt.of("hi"), Generation())]
    assert server.connections == 1


async def test_a_connection_that_the_server_closed_while_idle_is_not_its_failure(
    server: OpenAIServer,
) -> None:
    async with HttpSessions() as sessions:
        chat = _chat(server, sessions, "then-closed")
        for _ in range(20):
            _ = [arrival async for arrival in chat.stream(Prompt.of("hi"), Generation())]
            await asyncio.sleep(0.049)  # as close to the server's own patience as can be


async def test_what_a_model_must_stop_at_is_added_to_a_requests_own(server: OpenAIServer) -> None:
    async with HttpSessions() as sessions:
        chat = _chat(server, sessions, "ok", stop=("### ",))
        for own in ((), ("END",)):
            _ = [arrival async for arrival in chat.stream(Prompt.of("x"), Generation(stop=own))]
    without, with_own = (request.body.get("stop") for request in server.requests)
    assert without is None  # the server stops there by itself
    assert with_own == ["END", "### "]


async def test_a_proxy_is_not_asked_about_this_machine(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await _ask(server, "ok")).error is None


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("models/x", "x"),
        ("a:b", "a:b"),
        ("a/b", "a%2Fb"),
        ("../x", "..%2Fx"),
        ("a%2Fb", "a%252Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("ü b", "%C3%BC%20b"),
    ],
)
async def test_a_models_name_in_a_path_stays_one_part_of_it(name: str, sent: str) -> None:
    with OpenAIServer() as server:
        settings = ProviderSettings(base_url=server.base_url, protocol="google")
        async with HttpSessions() as sessions:
            chat = HttpChatModel(
                id=ModelId(provider="target", model=name),
                endpoint=FixedEndpoint(url=server.base_url),
                connection=connect("target", settings, {}),
                sessions=sessions,
                clock=time.monotonic,
            )
            with pytest.raises(errors.RequestError):
                async for _ in chat.stream(Prompt.of("x"), Generation()):
                    pass
        (request,) = server.requests
    assert request.path == f"/v1/models/{sent}:streamGenerateContent?alt=sse"
