"""The HTTP client against servers that speak the vendors' own protocols."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from modelforge.compare.answer import Answer, ask
from modelforge.config.schema import ProviderSettings
from modelforge.core import errors
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.providers.connection import connect
from modelforge.providers.fixed_endpoint import FixedEndpoint
from modelforge.providers.http_model import HttpChatModel
from modelforge.providers.sessions import HttpSessions
from tests.support.codec_probe import WEATHER
from tests.support.openai_server import OpenAIServer
from tests.support.vendor_server import ARGUMENTS, TEXT, THOUGHT, vendor_server

KEY = "sk-planted-0123456789"
VENDORS = {"anthropic": "Anthropic", "google": "Google", "openai-responses": "OpenAI"}
every_vendor = pytest.mark.parametrize("protocol", VENDORS)
both_ways = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


@pytest.fixture
def vendors() -> Iterator[OpenAIServer]:
    with vendor_server() as running:
        yield running


async def _ask(server: OpenAIServer, protocol: str, model: str, *, stream: bool = True) -> Answer:
    settings = ProviderSettings(
        protocol=protocol,  # type: ignore[arg-type]  # one of VENDORS
        base_url=server.base_url,
        api_key_env=("KEY",),
    )
    async with HttpSessions() as sessions:
        chat = HttpChatModel(
            id=ModelId(provider="target", model=model),
            endpoint=FixedEndpoint(url=server.base_url),
            connection=connect("target", settings, {"KEY": KEY}),
            sessions=sessions,
            clock=time.monotonic,
        )
        return await ask(
            chat, Prompt.of("hi"), Generation(tools=(WEATHER,), stream=stream),
            due_s=time.monotonic(), timeout_s=10, clock=time.monotonic,
        )  # fmt: skip


@every_vendor
@both_ways
async def test_text(vendors: OpenAIServer, protocol: str, stream: bool) -> None:
    answer = await _ask(vendors, protocol, "text", stream=stream)
    assert answer.error is None
    assert answer.response is not None
    assert (answer.response.text, answer.response.finish_reason) == (TEXT, "stop")
    assert answer.response.usage == Usage(prompt_tokens=5, completion_tokens=4, cached_tokens=2)


@every_vendor
@both_ways
async def test_tools(vendors: OpenAIServer, protocol: str, stream: bool) -> None:
    answer = await _ask(vendors, protocol, "tools", stream=stream)
    assert answer.error is None
    assert answer.response is not None
    assert answer.response.finish_reason == "tool_calls"
    (call,) = answer.response.tool_calls
    assert (call.name, call.arguments) == ("weather", ARGUMENTS)
    assert call.id in {"toolu_1", "call_0", "call_a"}


@every_vendor
@both_ways
async def test_reasoning(vendors: OpenAIServer, protocol: str, stream: bool) -> None:
    answer = await _ask(vendors, protocol, "reasoning", stream=stream)
    assert answer.error is None
    assert answer.response is not None
    assert (answer.response.reasoning, answer.response.text) == (THOUGHT, TEXT)


@every_vendor
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("400", errors.RequestRefused),
        ("401", errors.AuthenticationFailed),
        ("429", errors.RateLimited),
        ("500", errors.ServerFailed),
        ("529", errors.ServerFailed),
    ],
)
async def test_refusals_have_the_vendors_own_words(
    vendors: OpenAIServer, protocol: str, code: str, kind: type[errors.RequestError]
) -> None:
    answer = await _ask(vendors, protocol, f"status:{code}")
    assert isinstance(answer.error, kind)
    assert f"{VENDORS[protocol]} says {code}" in str(answer.error)
    assert KEY not in str(answer.error)


@every_vendor
async def test_an_error_in_the_middle_keeps_what_came(vendors: OpenAIServer, protocol: str) -> None:
    answer = await _ask(vendors, protocol, "broken")
    assert isinstance(answer.error, errors.ServerFailed)
    assert f"{VENDORS[protocol]} says overloaded" in str(answer.error)
    assert answer.response is not None
    assert answer.response.text == TEXT


@pytest.mark.parametrize(
    ("protocol", "path", "header", "value"),
    [
        ("anthropic", "/v1/messages", "x-api-key", KEY),
        ("anthropic", "/v1/messages", "anthropic-version", "2023-06-01"),
        ("google", "/v1/models/te%2Fxt:streamGenerateContent?alt=sse", "x-goog-api-key", KEY),
        ("openai-responses", "/v1/responses", "authorization", f"Bearer {KEY}"),
    ],
)
async def test_path_and_key(
    vendors: OpenAIServer, protocol: str, path: str, header: str, value: str
) -> None:
    await _ask(vendors, protocol, "te/xt")
    (sent,) = vendors.requests
    assert (sent.path, sent.headers[header]) == (path, value)
