"""``get_llm`` as a LangChain user meets it, over real sockets."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel

from modelforge import ModelForgeRegistry, TelemetryCallback
from modelforge.catalogue.filters import Filters
from modelforge.config.load import load_configuration
from modelforge.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    InvalidModelId,
    MissingExtra,
    MissingKey,
    RateLimited,
    RequestError,
    ServerFailed,
    StreamCut,
    TimedOut,
    UnknownProvider,
    UsageError,
)
from tests.support.command import Session
from tests.support.langchain_server import TEXT, SensibleServer
from tests.support.openai_server import OpenAIServer

KEY = "sk-not-to-be-seen"


class Tokens(BaseCallbackHandler):
    def __init__(self) -> None:
        self.tokens: list[Any] = []

    def on_llm_new_token(self, token: Any, **_: Any) -> None:
        self.tokens.append(token)


class Joke(BaseModel):
    """A joke."""

    setup: str
    punchline: str


@pytest.fixture
def sensible() -> Iterator[SensibleServer]:
    with SensibleServer() as running:
        yield running


@pytest.fixture
def registry(sensible: SensibleServer, monkeypatch: pytest.MonkeyPatch) -> ModelForgeRegistry:
    return registry_of(sensible.base_url, monkeypatch)


def registry_of(url: str, monkeypatch: pytest.MonkeyPatch) -> ModelForgeRegistry:
    monkeypatch.setenv("TARGET_KEY", KEY)
    settings = {
        "BASE_URL": url,
        "API_KEY_ENV": "TARGET_KEY",
        "PRICES": '{priced = {input = "1", output = "2"}}',
    }
    environ = {f"MODELFORGE_PROVIDERS__TARGET__{name}": value for name, value in settings.items()}
    return ModelForgeRegistry(load_configuration(environ=environ | {"TARGET_KEY": KEY}))


def test_a_chain_with_callbacks(registry: ModelForgeRegistry, sensible: SensibleServer) -> None:
    tokens = Tokens()
    model = registry.get_llm("target", "any", callbacks=[tokens], temperature=0, top_k=3)
    chain = ChatPromptTemplate.from_template("Why {what}?") | model | StrOutputParser()
    assert chain.invoke({"what": "not"}) == TEXT
    assert "".join(chain.stream({"what": "now"})) == TEXT
    assert "".join(tokens.tokens) == TEXT
    body = sensible.requests[0].body
    assert body["messages"] == [{"role": "user", "content": "Why not?"}]
    assert (body["temperature"], body["top_k"]) == (0, 3)


def test_telemetry_uses_the_configured_prices(registry: ModelForgeRegistry) -> None:
    telemetry = TelemetryCallback("target", "priced")
    model = registry.get_llm("target", "priced", callbacks=[telemetry])
    model.batch(["why?"] * 20)
    metrics = telemetry.metrics
    assert (metrics.calls, metrics.token_usage.total_tokens) == (20, 580)
    assert metrics.token_usage.cached_tokens == 80
    assert metrics.estimated_cost == Decimal("0.00076")


def test_reasoning_and_usage(registry: ModelForgeRegistry) -> None:
    streamed: AIMessageChunk | None = None
    for chunk in registry.get_llm("target", "reasoning").stream("x"):
        streamed = chunk if streamed is None else streamed + chunk
    assert streamed is not None
    assert (streamed.text, streamed.additional_kwargs) == (
        "42",
        {"reasoning_content": "let me think"},
    )
    assert streamed.content_blocks[0] == {"type": "reasoning", "reasoning": "let me think"}
    assert streamed.response_metadata == {"model_name": "reasoning", "finish_reason": "stop"}
    assert streamed.usage_metadata == {
        "input_tokens": 5,
        "output_tokens": 4,
        "total_tokens": 9,
        "input_token_details": {"cache_read": 2},
        "output_token_details": {"reasoning": 3},
    }
    assert registry.get_llm("target", "no-usage").invoke("x").usage_metadata is None


def test_tool_calls_come_in_chunks(registry: ModelForgeRegistry) -> None:
    def add(a: int, b: int) -> int:
        """Adds."""
        return a + b

    model = registry.get_llm("target", "any").bind_tools([add], tool_choice="add")
    chunks = [chunk for chunk in model.stream("add 3") if isinstance(chunk, AIMessageChunk)]
    assert sum(len(chunk.tool_call_chunks) for chunk in chunks) > 2
    answer = model.invoke("add 3")
    assert isinstance(answer, AIMessage)
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [
        ("add", {"a": 3, "b": 3})
    ]


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_structured_output(registry: ModelForgeRegistry, method: str) -> None:
    model = registry.get_llm("target", "any").with_structured_output(
        Joke, method=method, include_raw=True
    )
    answer = model.invoke("a joke as JSON with 'setup' and 'punchline'")
    assert isinstance(answer, dict)
    assert isinstance(answer["parsed"], Joke)
    assert answer["parsing_error"] is None


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("status:401", AuthenticationFailed),
        ("status:429", RateLimited),
        ("status:500", ServerFailed),
        ("cut", StreamCut),
    ],
)
async def test_errors_keep_their_names_and_no_key(
    registry: ModelForgeRegistry, model: str, kind: type[RequestError]
) -> None:
    telemetry = TelemetryCallback("target", model)
    llm = registry.get_llm("target", model, callbacks=[telemetry])
    with pytest.raises(kind) as caught:
        llm.invoke("x")
    assert KEY not in str(caught.value)
    with pytest.raises(kind):
        list(llm.stream("x"))
    with pytest.raises(kind):
        await llm.ainvoke("x")
    with pytest.raises(kind):
        _ = [chunk async for chunk in llm.astream("x")]
    assert telemetry.metrics.failed_calls == 4
    assert (telemetry.metrics.error or "").startswith(kind.kind)


def test_no_key_is_shown(registry: ModelForgeRegistry) -> None:
    llm = registry.get_llm("target", "echo")
    assert KEY not in repr(llm) + str(llm) + str(llm.asdict()) + str(llm.to_json())
    assert KEY not in llm.invoke("x").text


def test_patience(registry: ModelForgeRegistry, sensible: SensibleServer) -> None:
    with pytest.raises(TimedOut, match=r"within 0\.2 s"):
        registry.get_llm("target", "stall", timeout=0.2).invoke("x")
    before = len(sensible.requests)
    with pytest.raises(ServerFailed):
        registry.get_llm("target", "status:503", max_retries=1).invoke("x")
    assert len(sensible.requests) == before + 2


def test_what_may_pass_is_asked_again_and_nothing_else(
    registry: ModelForgeRegistry, sensible: SensibleServer
) -> None:
    assert registry.get_llm("target", "once:409", max_retries=1).invoke("x").text
    for model in ("status:501", "quota"):
        before = len(sensible.requests)
        with pytest.raises(RequestError):
            registry.get_llm("target", model, max_retries=3).invoke("x")
        assert len(sensible.requests) == before + 1


def test_a_wait_that_passes_the_time_allowed_is_not_begun(
    registry: ModelForgeRegistry, sensible: SensibleServer
) -> None:
    before = len(sensible.requests)
    with pytest.raises(RateLimited, match="asks to wait 7 s"):
        registry.get_llm("target", "status:429", max_retries=3, timeout=5).invoke("x")
    assert len(sensible.requests) == before + 1


@pytest.mark.parametrize("value", [{1, 2}, float("nan")])
def test_a_setting_that_is_not_json(registry: ModelForgeRegistry, value: Any) -> None:
    with pytest.raises(UsageError, match="cannot be written as JSON"):
        registry.get_llm("target", "any", top_k=value).invoke("x")


@pytest.mark.parametrize("name", ["", "  "])
def test_a_model_without_a_name(registry: ModelForgeRegistry, name: str) -> None:
    with pytest.raises(InvalidModelId, match="no model's name"):
        registry.get_llm("target", name)


def test_a_stream_that_is_left_is_cancelled(
    registry: ModelForgeRegistry, sensible: SensibleServer
) -> None:
    for chunk in registry.get_llm("target", "stall").stream("x"):
        assert chunk.text == "begun"
        break
    registry.get_llm("target", "any").invoke("x")  # the loop is free


async def test_cancellation(registry: ModelForgeRegistry) -> None:
    llm = registry.get_llm("target", "silent")
    task = asyncio.create_task(llm.ainvoke("x"))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_abatch_shares_connections(
    registry: ModelForgeRegistry, sensible: SensibleServer
) -> None:
    answers = await registry.get_llm("target", "any").abatch(["x"] * 20)
    assert [answer.text for answer in answers] == [TEXT] * 20
    assert sensible.connections <= 20


def test_what_get_llm_refuses(
    registry: ModelForgeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnknownProvider):
        registry.get_llm("nobody", "m")
    with pytest.raises(UsageError, match=r"api_key .* \[providers.target\]"):
        registry.get_llm("target", "m", api_key="sk-1234")
    with pytest.raises(UsageError, match="bind_tools"):
        registry.get_llm("target", "m", tools=[])
    monkeypatch.delenv("TARGET_KEY")
    bare = ModelForgeRegistry(
        load_configuration(
            environ={
                "MODELFORGE_PROVIDERS__TARGET__BASE_URL": "http://127.0.0.1:1/v1",
                "MODELFORGE_PROVIDERS__TARGET__API_KEY_ENV": "TARGET_KEY",
            }
        )
    )
    with pytest.raises(MissingKey, match="TARGET_KEY"):
        bare.get_llm("target", "m")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_tokens": "many"}, "get_llm: max_tokens cannot be 'many': input should be a valid"),
        ({"timeout": 0}, "get_llm: timeout cannot be 0: input should be greater than 0"),
        ({"max_retries": -1}, "get_llm: max_retries cannot be -1: input should be greater"),
    ],
)
def test_a_wrong_value_is_one_line(
    registry: ModelForgeRegistry, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        registry.get_llm("target", "m", **params)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_no_callbacks_are_none(registry: ModelForgeRegistry) -> None:
    assert registry.get_llm("target", "any", callbacks=None).invoke("x").text == TEXT


def test_one_text_to_stop_at(registry: ModelForgeRegistry, sensible: SensibleServer) -> None:
    assert registry.get_llm("target", "any").bind(stop=", you").invoke("x").text == "Hello"
    assert sensible.requests[-1].body["stop"] == [", you"]


def test_copies_have_connections_of_their_own(registry: ModelForgeRegistry) -> None:
    telemetry = TelemetryCallback("target", "any")
    llm = registry.get_llm("target", "any", callbacks=[telemetry])
    llm.invoke("x")
    assert copy.deepcopy(llm).invoke("x").text == TEXT
    assert llm.model_copy(update={"max_tokens": 3}).invoke("x").text == TEXT
    assert telemetry.metrics.calls == 3


def test_a_model_is_not_pickled(registry: ModelForgeRegistry) -> None:
    with pytest.raises(TypeError, match=r"cannot be pickled: .* call get_llm in the process"):
        pickle.dumps(registry.get_llm("target", "any"))


def test_an_unreachable_server(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = registry_of("http://127.0.0.1:1/v1", monkeypatch)
    with pytest.raises(ConnectionFailed):
        registry.get_llm("target", "m").invoke("x")


def test_foreign_integrations(
    registry: ModelForgeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    with pytest.raises(MissingExtra, match="langchain-aws"):
        registry.get_llm("bedrock", "m")
    made = SimpleNamespace(init_chat_model=lambda model, **options: (model, options))
    monkeypatch.setitem(sys.modules, "langchain.chat_models", made)
    asked: object = registry.get_llm("bedrock", "m", temperature=0)
    assert asked == (
        "m",
        {"model_provider": "bedrock_converse", "callbacks": [], "temperature": 0},
    )


def test_foreign_calls_have_the_listed_prices(
    registry: ModelForgeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def init_chat_model(_: str, *, callbacks: list[Any], **__: Any) -> GenericFakeChatModel:
        counts = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}
        said = AIMessage("x", usage_metadata=counts)
        return GenericFakeChatModel(messages=iter([said]), callbacks=callbacks)

    made = SimpleNamespace(init_chat_model=init_chat_model)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", made)
    telemetry = TelemetryCallback("google-vertex", "gemini-2.5-pro")
    registry.get_llm("google-vertex", "gemini-2.5-pro", callbacks=[telemetry]).invoke("x")
    assert telemetry.metrics.estimated_cost
    unlisted = TelemetryCallback("bedrock", "m")
    foreign = registry.get_llm("bedrock", "m", callbacks=[unlisted])
    foreign.invoke("x")
    assert "catalogue" in (unlisted.metrics.cost_note or "")


@pytest.mark.parametrize(
    ("provider", "listed"),
    [("bedrock", "amazon-bedrock"), ("google_vertexai", "google-vertex"), ("ibm", "watsonx")],
)
def test_langchains_names_have_the_prices_of_the_catalogues(
    registry: ModelForgeRegistry, monkeypatch: pytest.MonkeyPatch, provider: str, listed: str
) -> None:
    models = registry.configuration.catalogue.models(Filters(provider=listed))
    name = next(model.id.model for model in models if model.cost is not None)

    def init_chat_model(_: str, *, callbacks: list[Any], **__: Any) -> GenericFakeChatModel:
        counts = {"input_tokens": 1_000, "output_tokens": 10, "total_tokens": 1_010}
        said = AIMessage("x", usage_metadata=counts)
        return GenericFakeChatModel(messages=iter([said]), callbacks=callbacks)

    made = SimpleNamespace(init_chat_model=init_chat_model)
    monkeypatch.setitem(sys.modules, "langchain.chat_models", made)
    telemetry = TelemetryCallback(provider, name)
    registry.get_llm(provider, name, callbacks=[telemetry]).invoke("x")
    assert telemetry.metrics.estimated_cost is not None, telemetry.metrics.cost_note


LOOPS = """
import asyncio, sys, threading
from modelforge import ModelForgeRegistry

assert not any(name.startswith("langchain") for name in sys.modules)
registry = ModelForgeRegistry()
assert not any(name.startswith("langchain") for name in sys.modules)
llm = registry.get_llm("target", "ok")

async def asked():
    answers = await asyncio.gather(*(llm.ainvoke("x") for _ in range(5)))
    assert [answer.text for answer in answers] == ["Hello, world."] * 5
    async for chunk in llm.astream("x"):
        break

asyncio.run(asked())
asyncio.run(asked())
threads = [threading.Thread(target=lambda: llm.invoke("x")) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for _ in range(5):
    dropped = registry.get_llm("target", "ok")
    assert "".join(chunk.text for chunk in dropped.stream("x")) == "Hello, world."
    try:
        registry.get_llm("target", "cut").invoke("x")
    except Exception as error:
        assert type(error).__name__ == "StreamCut"
left = registry.get_llm("target", "stall").stream("x")
next(left)
print("done")
"""


def test_loops_threads_and_the_end_of_the_process(shell: Session, server: OpenAIServer) -> None:
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOPS],
        cwd=shell.folder,
        env=shell.environment | {"MODELFORGE_PROVIDERS__TARGET__BASE_URL": server.base_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert time.monotonic() - began_s < 20
