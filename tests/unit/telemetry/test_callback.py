"""What the callback measures, on models that are not ours."""

from __future__ import annotations

import asyncio
import copy
import itertools
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.language_models.fake import FakeListLLM
from langchain_core.language_models.fake_chat_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from modelforge import TelemetryCallback
from modelforge.core.errors import RateLimited
from modelforge.pricing.tariff import NoTariff, Rates, Tariff

TARIFF = Tariff(rates=Rates(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.5")))


def fake(callback: TelemetryCallback, **usage: Any) -> GenericFakeChatModel:
    counts: Any = {"input_tokens": 10, "output_tokens": 20, "total_tokens": 30} | usage
    message = AIMessage("hello there", usage_metadata=counts)
    return GenericFakeChatModel(messages=itertools.repeat(message), callbacks=[callback])


def test_nothing_is_known_before_the_first_call() -> None:
    metrics = TelemetryCallback("p", "m", prices=TARIFF).metrics
    assert metrics.calls == 0
    assert metrics.token_usage.total_tokens is None
    assert metrics.token_usage.note == "no call has been answered yet"
    assert (metrics.estimated_cost, metrics.cost_note) == (None, "no call has been answered yet")


def test_a_call() -> None:
    callback = TelemetryCallback("p", "m", prices=TARIFF)
    fake(
        callback,
        input_token_details={"cache_read": 4},
        output_token_details={"reasoning": 5},
    ).invoke("x")
    metrics = callback.metrics
    used = metrics.token_usage
    assert (used.prompt_tokens, used.completion_tokens, used.total_tokens) == (10, 20, 30)
    assert (used.cached_tokens, used.reasoning_tokens, used.note) == (4, 5, None)
    assert metrics.estimated_cost == Decimal("0.000048")
    assert (metrics.cost_note, metrics.error) == (None, None)
    assert metrics.duration_s is not None
    assert metrics.first_token_s is None  # it did not stream


async def test_streams_have_a_first_token() -> None:
    moments = itertools.count()
    callback = TelemetryCallback("p", "m", clock=lambda: float(next(moments)))
    model = FakeListChatModel(responses=["abc"], callbacks=[callback])
    assert "".join(chunk.text for chunk in model.stream("x")) == "abc"
    assert (callback.metrics.first_token_s, callback.metrics.duration_s) == (1.0, 2.0)
    assert "".join([chunk.text async for chunk in model.astream("x")]) == "abc"
    assert (callback.metrics.first_token_s, callback.metrics.calls) == (1.0, 2)


def test_stream_events_have_a_first_token() -> None:
    callback = TelemetryCallback("p", "m")
    model = FakeListChatModel(responses=["abc"], callbacks=[callback])
    list(model.stream_events("x", version="v3"))
    assert callback.metrics.first_token_s is not None


def test_unknown_usage_is_unknown() -> None:
    callback = TelemetryCallback("p", "m", prices=TARIFF)
    FakeListChatModel(responses=["a"], callbacks=[callback]).invoke("x")
    metrics = callback.metrics
    assert metrics.token_usage.total_tokens is None
    assert metrics.token_usage.note == "1 of 1 answered calls reported no token usage"
    assert metrics.estimated_cost is None
    assert metrics.cost_note == "the server reported no token usage"
    fake(callback).invoke("x")
    assert callback.metrics.token_usage.prompt_tokens is None
    assert callback.metrics.cost_note == "1 of 2 answered calls: the server reported no token usage"


def test_a_part_that_was_not_counted_has_a_reason() -> None:
    callback = TelemetryCallback("p", "m")
    fake(callback, input_token_details={"cache_read": 4}).invoke("x")
    used = callback.metrics.token_usage
    assert (used.total_tokens, used.cached_tokens, used.reasoning_tokens) == (30, 4, None)
    assert used.note == "1 of 1 answered calls did not count reasoning tokens"
    fake(callback).invoke("x")
    note = callback.metrics.token_usage.note
    assert note == "2 of 2 answered calls did not count cached or reasoning tokens"


@pytest.mark.parametrize("place", ["llm_output", "usage", "response_metadata"])
def test_usage_in_older_places(place: str) -> None:
    table = {
        "prompt_tokens": 3,
        "completion_tokens": 4,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    metadata = {"token_usage": table} if place == "response_metadata" else {}
    message = AIMessage("x", response_metadata=metadata)
    output = {"llm_output": {"token_usage": table}, "usage": {"usage": table}}.get(place)
    result = LLMResult(generations=[[ChatGeneration(message=message)]], llm_output=output)
    callback = TelemetryCallback("p", "m")
    run = uuid4()
    callback.on_chat_model_start({}, [[]], run_id=run)
    callback.on_llm_end(result, run_id=run)
    used = callback.metrics.token_usage
    assert (used.prompt_tokens, used.completion_tokens) == (3, 4)
    assert (used.cached_tokens, used.reasoning_tokens) == (1, 2)


def test_prices_are_looked_up_or_given_later() -> None:
    asked = []

    def look_up(provider: str, model: str) -> NoTariff:
        asked.append((provider, model))
        return NoTariff(reason="free today")

    callback = TelemetryCallback("p", "m", prices=look_up)
    callback.price_with(TARIFF)  # those given first stay
    fake(callback).invoke("x")
    assert asked == [("p", "m")]
    assert callback.metrics.cost_note == "free today"
    unpriced = TelemetryCallback("p", "m")
    fake(unpriced).invoke("x")
    assert unpriced.metrics.cost_note == "no price known: give TelemetryCallback prices="


def test_a_call_counts_when_its_price_cannot_be_looked_up() -> None:
    def broken(*_: str) -> NoTariff:
        raise LookupError("no table")

    callback = TelemetryCallback("p", "m", prices=broken)
    fake(callback).invoke("x")
    metrics = callback.metrics
    assert (metrics.calls, metrics.token_usage.total_tokens) == (1, 30)
    assert metrics.estimated_cost is None
    assert metrics.cost_note == "its price could not be looked up: LookupError: no table"


def test_a_batch_and_many_threads_lose_nothing() -> None:
    callback = TelemetryCallback("p", "m", prices=TARIFF)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: fake(callback).batch(["x"] * 5), range(20)))
    metrics = callback.metrics
    assert metrics.calls == 100
    assert metrics.token_usage.total_tokens == 3000
    assert metrics.estimated_cost == Decimal("0.005")


async def test_concurrent_calls() -> None:
    callback = TelemetryCallback("p", "m")
    await asyncio.gather(*(fake(callback).ainvoke("x") for _ in range(20)))
    assert callback.metrics.token_usage.total_tokens == 600


def test_failures_are_named_and_do_not_spoil_the_sums() -> None:
    callback = TelemetryCallback("p", "m", prices=TARIFF)
    fake(callback).invoke("x")
    callback.on_llm_error(RateLimited("slow down"), run_id=uuid4())
    metrics = callback.metrics
    assert (metrics.calls, metrics.failed_calls) == (2, 1)
    assert metrics.error == "rate_limited: slow down"
    assert metrics.token_usage.total_tokens == 30
    assert metrics.cost_note == "without 1 failed calls, whose usage is unknown"
    callback.on_llm_error(ValueError("odd"), run_id=uuid4())
    assert callback.metrics.error == "ValueError: odd"


def test_a_stream_that_is_left_is_interrupted() -> None:
    callback = TelemetryCallback("p", "m")
    stream = FakeListChatModel(responses=["abc"], callbacks=[callback]).stream("x")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert callback.metrics.error == "interrupted: stopped before the answer was complete"


def test_a_copied_model_tells_the_same_callback() -> None:
    callback = TelemetryCallback("p", "m")
    copy.deepcopy(FakeListChatModel(responses=["abc"], callbacks=[callback])).invoke("x")
    assert callback.metrics.calls == 1


def test_models_for_plain_text() -> None:
    callback = TelemetryCallback("p", "m")
    FakeListLLM(responses=["abc"], callbacks=[callback]).invoke("x")
    assert callback.metrics.calls == 1
    assert callback.metrics.duration_s is not None
