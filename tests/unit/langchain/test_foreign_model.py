"""Foreign LangChain models behind the port."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, SecretStr

from modelforge.compare.answer import Answer, ask
from modelforge.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    RateLimited,
    RequestError,
    RequestRefused,
    ServerFailed,
    TimedOut,
)
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.prompt import Prompt, Tool, ToolCall
from modelforge.core.usage import Usage
from modelforge.langchain.foreign_errors import request_error
from modelforge.langchain.foreign_model import ForeignChatModel

ID = ModelId(provider="fake", model="m")


class Scripted(BaseChatModel):
    """Streams the chunks it is given, or fails."""

    chunks: list[AIMessageChunk] = Field(default_factory=list)
    failure: Any = None
    key: SecretStr = SecretStr("sk-secret")

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise AssertionError("not asked for")

    async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self.chunks:
            yield ChatGenerationChunk(message=chunk.model_copy())
        if self.failure is not None:
            raise self.failure


async def answered(model: BaseChatModel, generation: Generation | None = None) -> Answer:
    return await ask(
        ForeignChatModel(id=ID, model=model),
        Prompt.of("why?"),
        generation or Generation(),
        due_s=0.0,
        timeout_s=5,
        clock=time.monotonic,
    )


async def test_a_fake_list_model_streams_its_letters() -> None:
    answer = await answered(FakeListChatModel(responses=["Hello"]))
    assert answer.error is None
    assert answer.response is not None
    assert answer.response.text == "Hello"
    assert answer.response.usage == Usage()
    assert answer.response.timing.first_token_s is not None


async def test_a_whole_message() -> None:
    call: Any = {"name": "f", "args": {"a": 1}, "id": "1"}
    message = AIMessage(
        "Hi",
        tool_calls=[call],
        additional_kwargs={"reasoning_content": "hm", "refusal": "no"},
        response_metadata={"stop_reason": "tool_use"},
        usage_metadata={"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    )
    model = GenericFakeChatModel(messages=itertools.repeat(message))
    answer = await answered(model, Generation(stream=False))
    assert answer.error is None
    response = answer.response
    assert response is not None
    assert (response.text, response.reasoning, response.refusal) == ("Hi", "hm", "no")
    assert response.tool_calls == (ToolCall(id="1", name="f", arguments='{"a": 1}'),)
    assert response.finish_reason == "tool_calls"
    assert response.usage == Usage(prompt_tokens=3, completion_tokens=4)


async def test_usage_adds_up_over_chunks_and_tool_calls_come_in_pieces() -> None:
    first: Any = {"input_tokens": 3, "output_tokens": 0, "total_tokens": 3}
    last: Any = {
        "input_tokens": 0,
        "output_tokens": 4,
        "total_tokens": 4,
        "output_token_details": {"reasoning": 1},
    }
    pieces = [
        tool_call_chunk(name="f", args="", id="1", index=2),
        tool_call_chunk(name=None, args='{"a":', id=None, index=2),
        tool_call_chunk(name=None, args="1}", id=None, index=2),
    ]
    chunks = [
        AIMessageChunk(content=[{"type": "reasoning", "reasoning": "hm"}], usage_metadata=first),
        AIMessageChunk(content=[{"type": "text", "text": "Hi"}]),
        *(AIMessageChunk(content="", tool_call_chunks=[piece]) for piece in pieces),
        AIMessageChunk(
            content="", usage_metadata=last, response_metadata={"finish_reason": "MAX_TOKENS"}
        ),
    ]
    answer = await answered(Scripted(chunks=chunks))
    assert answer.error is None
    response = answer.response
    assert response is not None
    assert (response.text, response.reasoning) == ("Hi", "hm")
    assert response.tool_calls == (ToolCall(id="1", name="f", arguments='{"a":1}'),)
    assert response.usage == Usage(prompt_tokens=3, completion_tokens=4, reasoning_tokens=1)
    assert response.finish_reason == "length"


async def test_a_failure_keeps_what_arrived_and_hides_the_key() -> None:
    model = Scripted(chunks=[AIMessageChunk(content="Hel")], failure=RuntimeError("bad sk-secret"))
    answer = await answered(model)
    assert answer.response is not None
    assert answer.response.text == "Hel"
    assert type(answer.error) is RequestError
    assert str(answer.error) == "fake/m: RuntimeError: bad [redacted]"


async def test_what_cannot_be_asked_is_refused() -> None:
    answer = await answered(Scripted(), Generation(json_schema={"type": "object"}))
    assert isinstance(answer.error, RequestRefused)
    tool = Tool(name="f", description="", parameters={})
    answer = await answered(Scripted(), Generation(tools=(tool,)))
    assert isinstance(answer.error, RequestRefused)


class APIConnectionError(Exception):
    pass


class ReadTimeout(Exception):
    pass


def failed(status: int, **headers: str) -> Exception:
    error = Exception("nope")
    error.response = SimpleNamespace(status_code=status, headers=headers)  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (failed(401), AuthenticationFailed),
        (failed(403), AuthenticationFailed),
        (failed(429), RateLimited),
        (failed(400), RequestRefused),
        (failed(408), TimedOut),
        (failed(529), ServerFailed),
        (APIConnectionError(), ConnectionFailed),
        (ConnectionResetError(), ConnectionFailed),
        (ReadTimeout(), TimedOut),
        (TimeoutError(), TimedOut),
        (TypeError("no such setting"), RequestRefused),
        (ValueError("odd"), RequestError),
    ],
)
def test_errors_by_their_names(error: Exception, kind: type[RequestError]) -> None:
    translated = request_error(error, model="a/b")
    assert type(translated) is kind
    assert str(translated).startswith("a/b: ")


def test_retry_after_is_kept() -> None:
    translated = request_error(failed(429, **{"retry-after": "7"}), model="a/b")
    assert isinstance(translated, RateLimited)
    assert translated.retry_after_s == 7
