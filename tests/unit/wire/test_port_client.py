"""Any chat model as a sender."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

import pytest

from modelforge.benchmark.phase import Phase
from modelforge.benchmark.workload import Ask
from modelforge.core.errors import RateLimited, RequestError, UsageError
from modelforge.core.events import Arrival, ReasoningDelta, TextDelta, UsageReport
from modelforge.core.generation import Generation
from modelforge.core.model_id import ModelId
from modelforge.core.ports import ChatModel
from modelforge.core.prompt import Prompt
from modelforge.core.usage import Usage
from modelforge.wire.exchange import Exchange
from modelforge.wire.port_client import PortClient
from modelforge.wire.port_target import PortTarget
from modelforge.wire.reading import Reading

SECRET = "sk-a-secret"


class Model:
    """Says two words, or what its prompt asks for."""

    id = ModelId(provider="p", model="m")
    asked: list[Generation]

    def __init__(self) -> None:
        self.asked = []

    async def prepare(self) -> None:
        pass

    def redact(self, text: str, /) -> str:
        return text.replace(SECRET, "[redacted]")

    async def stream(
        self,
        prompt: Prompt,
        generation: Generation,
        *,
        repeat: int = 0,  # noqa: ARG002 (the port asks for it)
    ) -> AsyncGenerator[Arrival]:
        self.asked.append(generation)
        if prompt.text == "fail":
            raise RateLimited(f"no more for {SECRET}")
        if prompt.text == "think":
            for at_s in (0.25, 0.5):
                yield Arrival(at_s=at_s, events=(ReasoningDelta(text="hm"),))
        yield Arrival(at_s=1.0, events=(TextDelta(text="a"),))
        if prompt.text == "stall":
            await asyncio.sleep(3600)
        yield Arrival(
            at_s=1.5,
            events=(TextDelta(text="b"), UsageReport(usage=Usage(completion_tokens=2))),
        )


async def ask(
    *texts: str, timeout_s: float = 60, most: int = 2, abandon_after: int | None = None
) -> list[Reading]:
    """The readings of ``texts``, in the order in which they ended."""
    found: list[Reading] = []
    done = asyncio.Event()

    def finished(_: Exchange, reading: Reading, /, *, done_ns: int, received: int) -> None:
        found.append(reading)
        if len(found) == len(texts):
            done.set()

    model: ChatModel = Model()
    client = PortClient(
        PortTarget(open=lambda: model),
        finished,
        timeout_s=timeout_s,
        most_connections=most,
        keep_text=True,
    )
    await client.open(most)
    for index, text in enumerate(texts):
        asked = Ask(prompt=Prompt.of(text), source="test", max_tokens=7)
        client.send(Exchange(index=index, phase=Phase.MEASURED, ask=asked))
    assert client.in_flight == len(texts)
    if abandon_after is not None:
        for _ in range(abandon_after):
            await asyncio.sleep(0)
        client.abandon()
    async with asyncio.timeout(60):
        await done.wait()
    assert client.in_flight == 0
    await client.close()
    assert all(generation.max_tokens == 7 for generation in model.asked)  # type: ignore[attr-defined]
    return found


async def test_an_answer_is_timed_by_its_arrivals() -> None:
    (reading,) = await ask("hi")
    assert reading.moments_ns == [1_000_000_000, 1_500_000_000]
    assert (reading.tokens, reading.text, reading.usage.completion_tokens) == (2, "ab", 2)
    assert reading.error is None


async def test_reasoning_before_the_answer_is_told_apart() -> None:
    (reading,) = await ask("think")
    assert (reading.reasoning_tokens, reading.reasoning_moments) == (2, 2)
    assert reading.moments_ns == [250_000_000, 500_000_000, 1_000_000_000, 1_500_000_000]


async def test_more_than_may_be_in_flight_wait() -> None:
    assert len(await ask(*["hi"] * 9, most=2)) == 9


async def test_a_failure_is_named_without_its_secret() -> None:
    readings = await ask("fail", "hi")
    (failed,) = [reading for reading in readings if reading.error]
    assert isinstance(failed.error, RateLimited)
    assert SECRET not in str(failed.error)


async def test_a_stall_times_out_and_keeps_what_came() -> None:
    (reading,) = await ask("stall", timeout_s=0.01)
    assert reading.error is not None
    assert (reading.error.kind, reading.tokens) == ("timed_out", 1)


@pytest.mark.parametrize("turns", [0, 1])
async def test_what_is_abandoned_is_told(turns: int) -> None:
    readings = await ask("stall", "stall", "hi", most=2, abandon_after=turns)
    kinds = [None if reading.error is None else reading.error.kind for reading in readings]
    assert kinds == ["interrupted"] * 3


async def test_a_model_that_cannot_be_had_is_a_request_error() -> None:
    def refuse() -> ChatModel:
        raise UsageError("not installed")

    client = PortClient(
        PortTarget(open=partial(refuse)), lambda *_, **__: None, timeout_s=1, most_connections=1
    )
    with pytest.raises(RequestError, match="not installed"):
        await client.open(1)
