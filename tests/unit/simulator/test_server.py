"""The real socket: every route, refusal and fault, by aiohttp and by bytes."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from modelforge.core.errors import UsageError
from modelforge.simulator.batch_queue import BatchQueue
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.fault import Fault, FaultKind
from modelforge.simulator.profile import Profile
from modelforge.simulator.server import Simulator

QUICK = Profile(
    name="quick", ttft_s=Distribution(mean=0.02), itl_s=Distribution(mean=0.002)
)  # fmt: skip
PROMPT = [{"role": "user", "content": "one two three"}]


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


def ask(model: str = "fast", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": PROMPT, "max_tokens": 6, **more}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for ``condition``, twenty seconds at most."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (the server counts, it does not call)
            await asyncio.sleep(0.005)


async def events(answer: aiohttp.ClientResponse) -> list[Any]:
    """The events of a stream; the last is ``[DONE]``."""
    lines = [line async for line in answer.content]
    assert lines[1::2] == [b"\n"] * (len(lines) // 2)
    data = [line.removeprefix(b"data: ").strip() for line in lines[::2]]
    return [item.decode() if item == b"[DONE]" else json.loads(item) for item in data]


@pytest.mark.parametrize("model", ["fast", "quick", "batch"])
async def test_a_stream_is_one_token_an_event(client: aiohttp.ClientSession, model: str) -> None:
    asked = ask(model, stream=True, stream_options={"include_usage": True})
    async with Simulator(QUICK) as sim:
        async with client.post(f"{sim.base_url}/chat/completions", json=asked) as answer:
            assert answer.content_type == "text/event-stream"
            role, *tokens, finish, usage, done = await events(answer)
        whole = ask(model)
        async with client.post(f"{sim.base_url}/chat/completions", json=whole) as answer:
            document = await answer.json()
        truth = sim.truth
    assert role["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    texts = [event["choices"][0]["delta"]["content"] for event in tokens]
    assert len(texts) == len("".join(texts).split()) == 6
    assert finish["choices"][0]["finish_reason"] == "length"
    assert (usage["choices"], done) == ([], "[DONE]")
    assert usage["usage"] == document["usage"]
    assert usage["usage"]["prompt_tokens"] == 3
    assert document["object"] == "chat.completion"
    assert len(document["choices"][0]["message"]["content"].split()) == 6
    assert truth["models"][model]["outcomes"] == {"completed": 2}
    assert truth["all"]["ttft_ms"]["count"] == 1
    assert truth["all"]["itl_ms"]["count"] == 5


async def test_completions_without_a_chat(client: aiohttp.ClientSession) -> None:
    asked = {"model": "fast", "prompt": "one two", "stream": True}
    async with Simulator() as sim:
        async with client.post(f"{sim.base_url}/completions", json=asked) as answer:
            *tokens, finish, _ = await events(answer)
        asked["stream"] = False
        async with client.post(f"{sim.base_url}/completions", json=asked) as answer:
            document = await answer.json()
    assert len("".join(event["choices"][0]["text"] for event in tokens).split()) == 128
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert len(document["choices"][0]["text"].split()) == 128
    assert document["usage"]["completion_tokens"] == 128


async def test_the_same_seed_answers_the_same(client: aiohttp.ClientSession) -> None:
    async def texts(seed: int) -> list[str]:
        async with Simulator(QUICK, seed=seed) as sim:
            url = f"{sim.base_url}/chat/completions"
            return [
                (await (await client.post(url, json=ask())).json())["choices"][0]["message"][
                    "content"
                ]
                for _ in range(3)
            ]

    first = await texts(1)
    assert first == await texts(1)
    assert first != await texts(2)
    assert len(set(first)) == 3


async def test_the_other_routes(client: aiohttp.ClientSession) -> None:
    async with Simulator(QUICK) as sim:
        async with client.get(f"{sim.base_url}/models") as answer:
            names = [model["id"] for model in (await answer.json())["data"]]
        async with client.get(f"{sim.base_url}/models/quick") as answer:
            assert (await answer.json())["id"] == "quick"
        async with client.get(f"{sim.url}/health") as answer:
            assert answer.status == 200
        await client.post(f"{sim.base_url}/chat/completions", json=ask("quick", stream=True))
        async with client.get(f"{sim.url}/truth") as answer:
            before = await answer.json()
        await client.post(f"{sim.url}/reset")
        async with client.get(f"{sim.url}/truth") as answer:
            after = await answer.json()
    assert {"fast", "steady", "flaky", "batch", "stall", "slow", "quick"} == set(names)
    assert (before["all"]["requests"], after["all"]["requests"]) == (1, 0)


async def test_metrics_are_vllms(client: aiohttp.ClientSession) -> None:
    async with Simulator(QUICK) as sim:
        url = f"{sim.base_url}/chat/completions"
        await (await client.post(url, json=ask("quick", stream=True))).read()
        async with client.get(f"{sim.url}/metrics") as answer:
            text = await answer.text()
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    label = 'model_name="quick",engine="0"'
    assert values[f"vllm:num_requests_running{{{label}}}"] == "0"
    assert values[f"vllm:num_requests_waiting{{{label}}}"] == "0"
    assert values[f"vllm:generation_tokens_total{{{label}}}"] == "6"
    assert values[f'vllm:request_success_total{{{label},finished_reason="length"}}'] == "1"
    bucket = "vllm:time_to_first_token_seconds_bucket"
    assert values[f'{bucket}{{{label},le="0.01"}}'] == "0"
    assert values[f'{bucket}{{{label},le="+Inf"}}'] == "1"
    assert values[f"vllm:inter_token_latency_seconds_count{{{label}}}"] == "5"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        (b"{}", "model"),
        (b'{"model": 5}', "model"),
        (b'{"model": "fast"}', "messages"),
        (b'{"model": "fast", "messages": []}', "messages"),
        (b'{"model": "fast", "messages": [1]}', "messages[0]"),
        (b'{"model": "fast", "messages": [{"role": "x"}]}', "messages[0].role"),
        (b'{"model": "fast", "messages": [{"role": "user"}]}', "messages[0].content"),
        (json.dumps(ask(max_tokens=0)).encode(), "max_tokens"),
        (json.dumps(ask(max_tokens=True)).encode(), "max_tokens"),
        (json.dumps(ask(stream="yes")).encode(), "stream"),
        (json.dumps(ask(stream_options=1)).encode(), "stream_options"),
        (json.dumps(ask(n=2)).encode(), "n"),
        (json.dumps(ask(n=[])).encode(), "n"),
    ],
)
async def test_wrong_requests_are_400(
    client: aiohttp.ClientSession, body: bytes, param: str | None
) -> None:
    async with Simulator() as sim:
        async with client.post(f"{sim.base_url}/chat/completions", data=body) as answer:
            error = (await answer.json())["error"]
        assert sim.truth["refused"] == 1
    assert answer.status == 400
    assert error["type"] == "invalid_request_error"
    assert param is None or error["param"] == param


async def test_other_refusals(client: aiohttp.ClientSession) -> None:
    async with Simulator() as sim:
        for method, path, status in (
            ("POST", "/v1/nothing", 404), ("GET", "/v1/chat/completions", 405),
            ("POST", "/v1/models", 405), ("GET", "/v1/models/none", 404),
        ):  # fmt: skip
            async with client.request(method, sim.url + path) as answer:
                assert answer.status == status, path
                assert (await answer.json())["error"]["message"]
        async with client.post(f"{sim.base_url}/chat/completions", json=ask("none")) as answer:
            assert answer.status == 404
            assert (await answer.json())["error"]["code"] == "model_not_found"
        almost = io.BytesIO(b"x" * (16 * 2**20))
        async with client.post(f"{sim.base_url}/chat/completions", data=almost) as answer:
            assert answer.status == 400
        assert b" 413 " in await raw(sim, b"POST / HTTP/1.1\r\nContent-Length: 16777217\r\n\r\n")
        assert b" 431 " in await raw(sim, b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000)
        assert b" 400 " in await raw(sim, b"\x16\x03\x01 this is not HTTP\r\n\r\n")


async def raw(sim: Simulator, data: bytes) -> bytes:
    """What comes back for ``data`` until the server closes."""
    reader, writer = await asyncio.open_connection(sim.host, sim.port)
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


async def test_pipelined_requests_are_answered_in_order() -> None:
    models = ["quick", "fast", "quick", "none", "fast"] * 8
    data = b""
    for number, model in enumerate(models):
        body = json.dumps(ask(model, max_tokens=number % 5 + 1)).encode()
        last = b"Connection: close\r\n" if number == len(models) - 1 else b""
        head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n"
        data += head + last + b"Content-Length: %d\r\n\r\n" % len(body) + body
    async with Simulator(QUICK) as sim:
        answer = await raw(sim, data)
    found = [
        json.loads(part.partition(b"\r\n\r\n")[2]).get("model", "none")
        for part in answer.split(b"HTTP/1.1 ")[1:]
    ]
    assert found == models


async def test_a_connection_is_kept_and_a_gone_client_is_noticed() -> None:
    async with Simulator(QUICK) as sim:
        reader, writer = await asyncio.open_connection(sim.host, sim.port)
        for _ in range(2):
            writer.write(b"GET /health HTTP/1.1\r\n\r\n")
            assert b" 200 " in await reader.readuntil(b"}")
        body = json.dumps(ask("slow", stream=True)).encode()
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nExpect: 100-continue\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body))
        assert b" 100 Continue" in await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        await until(lambda: sim.truth["all"]["requests"] == 1)
        writer.close()
        await until(lambda: sim.truth["all"]["in_progress"] == 0)
        assert sim.truth["all"]["outcomes"] == {"disconnected": 1}


def failing(kind: FaultKind, seconds: float | None = None, *, queue: bool = False) -> Profile:
    fault = Fault(kind=kind, rate=1, seconds=seconds)
    return replace(QUICK, faults=(fault,), queue=BatchQueue() if queue else None)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize("kind", ["cut", "lying-chunk", "reset"])
async def test_faults_that_break_the_connection(
    client: aiohttp.ClientSession, kind: FaultKind, stream: bool, queue: bool
) -> None:
    async with Simulator(failing(kind, queue=queue)) as sim:
        with pytest.raises(aiohttp.ClientError):
            await send(client, sim, stream=stream)
        assert sim.truth["all"]["outcomes"] == {kind: 1}


async def send(client: aiohttp.ClientSession, sim: Simulator, *, stream: bool) -> bytes:
    url = f"{sim.base_url}/chat/completions"
    async with client.post(url, json=ask("quick", stream=stream)) as answer:
        return await answer.read()


@pytest.mark.parametrize("stream", [True, False])
async def test_faults_that_answer(client: aiohttp.ClientSession, stream: bool) -> None:
    url, asked = "/chat/completions", ask("quick", stream=stream)
    async with (
        Simulator(failing("429", 2.5)) as sim,
        client.post(sim.base_url + url, json=asked) as answer,
    ):
        assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
        assert (await answer.json())["error"]["code"] == "rate_limit_exceeded"
    async with (
        Simulator(failing("500")) as sim,
        client.post(sim.base_url + url, json=asked) as answer,
    ):
        assert answer.status == 500
        assert (await answer.json())["error"]["type"] == "server_error"
    async with (
        Simulator(failing("wrong-type")) as sim,
        client.post(sim.base_url + url, json=asked) as answer,
    ):
        assert (answer.status, answer.content_type) == (200, "text/html")
    async with Simulator(failing("malformed")) as sim:
        body = await send(client, sim, stream=stream)
        lines = [line.removeprefix(b"data: ") for line in body.splitlines() if line]
        assert sum(not parses(line) for line in lines) == 1
        assert sim.truth["all"]["outcomes"] == {"malformed": 1}


def parses(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return line == b"[DONE]"
    return True


@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("kind", ["stall", "stall-midstream", "slow-first-byte"])
async def test_faults_that_take_time(
    client: aiohttp.ClientSession, kind: FaultKind, stream: bool, queue: bool
) -> None:
    async with Simulator(failing(kind, 0.3, queue=queue)) as sim:
        body = await send(client, sim, stream=stream)
        truth = sim.truth["all"]
    assert body.endswith(b"[DONE]\n\n" if stream else b"}")
    assert truth["outcomes"] == {kind: 1}
    assert truth["latency_ms"]["mean"] > 300
    if stream:
        where = "itl_ms" if kind == "stall-midstream" else "ttft_ms"
        assert truth[where]["max"] >= 300
    assert truth["write_deviation_ms"]["max"] < 200


@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize(("kind", "tokens"), [("stall", 0), ("stall-midstream", 3)])
async def test_a_stall_for_ever(
    client: aiohttp.ClientSession, kind: FaultKind, tokens: int, queue: bool
) -> None:
    async with Simulator(failing(kind, queue=queue)) as sim:
        url, asked = f"{sim.base_url}/chat/completions", ask("quick", stream=True)
        async with client.post(url, json=asked) as answer:
            received = await answer.content.readuntil(b'"assistant"')
            while received.count(b"data: ") < tokens + 1:
                received += await answer.content.readany()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(silence(answer), 0.3)
        await until(lambda: sim.truth["all"]["in_progress"] == 0)
        assert sim.truth["all"]["outcomes"] == {kind: 1}
    assert received.count(b"data: ") == tokens + 1


async def silence(answer: aiohttp.ClientResponse) -> None:
    """Until the rest of an event that had begun is followed by more, or the end."""
    while b"data: " not in await answer.content.readany():
        pass


async def test_a_queue_makes_requests_wait(client: aiohttp.ClientSession) -> None:
    queue = BatchQueue(slots=1, decode_base_s=0.02)
    async with Simulator(replace(QUICK, queue=queue)) as sim:
        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(send(client, sim, stream=True))
            await until(lambda: sim.truth["all"]["requests"] == 4)
            async with client.get(f"{sim.url}/metrics") as answer:
                text = await answer.text()
        truth = sim.truth["all"]
    assert 'num_requests_waiting{model_name="quick",engine="0"} 3' in text
    assert 'num_requests_running{model_name="quick",engine="0"} 1' in text
    assert truth["ttft_ms"]["max"] > 3 * 5 * 20


async def test_a_prefix_seen_before_is_cached(client: aiohttp.ClientSession) -> None:
    asked = ask("quick") | {"messages": [{"role": "user", "content": "word " * 40}]}
    async with Simulator(replace(QUICK, prefix_cache=True)) as sim:
        cached = []
        for _ in range(2):
            async with client.post(f"{sim.base_url}/chat/completions", json=asked) as answer:
                usage = (await answer.json())["usage"]
            cached.append(usage["prompt_tokens_details"]["cached_tokens"])
    assert cached == [0, 32]


async def test_a_port_in_use_is_said() -> None:
    async with Simulator() as sim:
        with pytest.raises(UsageError, match=f"{sim.port}: the port is in use"):
            async with Simulator(port=sim.port):
                pass
    with pytest.raises(UsageError, match="no profile"):
        Simulator("quick")
