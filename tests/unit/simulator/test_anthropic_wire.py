"""Anthropic's messages over the real socket: the same simulation, in that API's shapes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from modelforge.simulator.batch_queue import BatchQueue
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.fault import Fault, FaultKind
from modelforge.simulator.profile import Profile
from modelforge.simulator.server import Simulator

QUICK = Profile(
    name="quick",
    ttft_s=Distribution(mean=0.02),
    itl_s=Distribution(mean=0.002),
    tokens=Distribution(mean=20),
)
PROMPT = [{"role": "user", "content": "one two three"}]
Event = tuple[str, dict[str, Any]]


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"x-api-key": "none", "anthropic-version": "2023-06-01"}
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
        yield session


def ask(**more: Any) -> dict[str, Any]:
    return {"model": "quick", "messages": PROMPT, "max_tokens": 6, **more}


async def answered(client: aiohttp.ClientSession, sim: Simulator, **more: Any) -> dict[str, Any]:
    """The message, or the error, that a request is answered with."""
    async with client.post(f"{sim.base_url}/messages", json=ask(**more)) as answer:
        document: dict[str, Any] = await answer.json()
    return document


async def streamed(client: aiohttp.ClientSession, sim: Simulator, **more: Any) -> bytes:
    """The body of a stream."""
    asked = ask(stream=True, **more)
    async with client.post(f"{sim.base_url}/messages", json=asked) as answer:
        assert answer.content_type == "text/event-stream"
        return await answer.read()


def events(body: bytes) -> list[Event]:
    """The events of a stream by their names, which their data repeats."""
    found = []
    for event in body.decode().removesuffix("\n\n").split("\n\n"):
        name, data = event.split("\n")
        document = json.loads(data.removeprefix("data: "))
        assert document["type"] == name.removeprefix("event: ")
        found.append((document.pop("type"), document))
    return found


@pytest.mark.parametrize("queue", [None, BatchQueue()])
async def test_a_stream_has_the_apis_events_in_their_order(
    client: aiohttp.ClientSession, queue: BatchQueue | None
) -> None:
    async with Simulator(replace(QUICK, queue=queue)) as sim:
        found = events(await streamed(client, sim))
        truth = sim.truth["all"]
    start, block, ping, *deltas, stop, last, end = found
    message = start[1]["message"]
    assert start[0] == "message_start"
    assert message["id"].startswith("msg_")
    assert (message["model"], message["content"], message["stop_reason"]) == ("quick", [], None)
    assert message["usage"]["input_tokens"] == 3
    assert message["usage"]["output_tokens"] == 1
    text = {"index": 0, "content_block": {"type": "text", "text": ""}}
    assert (block, ping) == (("content_block_start", text), ("ping", {}))
    assert {name for name, _ in deltas} == {"content_block_delta"}
    assert all(data["delta"]["type"] == "text_delta" for _, data in deltas)
    assert len("".join(data["delta"]["text"] for _, data in deltas).split()) == len(deltas) == 6
    assert stop == ("content_block_stop", {"index": 0})
    assert last[0] == "message_delta"
    assert last[1]["delta"] == {"stop_reason": "max_tokens", "stop_sequence": None}
    assert last[1]["usage"]["output_tokens"] == 6
    assert end == ("message_stop", {})
    assert truth["outcomes"] == {"completed": 1}
    assert (truth["ttft_ms"]["count"], truth["itl_ms"]["count"]) == (1, 5)
    assert truth["completion_tokens"] == 6


async def test_max_tokens_is_a_limit_and_not_a_length(client: aiohttp.ClientSession) -> None:
    async with Simulator(QUICK) as sim:
        short, exact, free = [
            await answered(client, sim, max_tokens=limit) for limit in (19, 20, 4096)
        ]
    assert (short["stop_reason"], short["usage"]["output_tokens"]) == ("max_tokens", 19)
    assert (exact["stop_reason"], exact["usage"]["output_tokens"]) == ("end_turn", 20)
    assert (free["stop_reason"], free["usage"]["output_tokens"]) == ("end_turn", 20)
    assert (free["type"], free["role"], free["stop_sequence"]) == ("message", "assistant", None)
    (block,) = free["content"]
    assert (block["type"], len(block["text"].split())) == ("text", 20)


async def test_both_apis_answer_the_same_prompt_with_the_same_words(
    client: aiohttp.ClientSession,
) -> None:
    async with Simulator(QUICK, seed=3) as sim:
        message = await answered(client, sim, system="Be brief.")
        ours = sim.truth
    chat = ask(messages=[{"role": "system", "content": "Be brief."}, *PROMPT])
    async with (
        Simulator(QUICK, seed=3) as sim,
        client.post(f"{sim.base_url}/chat/completions", json=chat) as answer,
    ):
        choice = (await answer.json())["choices"][0]
        theirs = sim.truth
    assert message["content"][0]["text"] == choice["message"]["content"]
    counted = ("requests", "outcomes", "prompt_tokens", "completion_tokens")
    assert [ours["all"][name] for name in counted] == [theirs["all"][name] for name in counted]


async def test_all_text_of_a_prompt_is_counted(client: aiohttp.ClientSession) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "http://127.0.0.1/a b c"}}
    call = {"type": "tool_use", "id": "t", "name": "look", "input": {"where": "a b c"}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "7"}]}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "one two"}, image]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result, {"type": "text", "text": "eight nine"}]},
        {"role": "assistant", "content": ""},
    ]
    system = [{"type": "text", "text": "be brief"}]
    async with Simulator(QUICK) as sim:
        message = await answered(client, sim, system=system, messages=messages)
    assert message["usage"]["input_tokens"] == 2 + 2 + 1 + 2


async def test_a_known_prefix_is_counted_apart(client: aiohttp.ClientSession) -> None:
    messages = [{"role": "user", "content": "word " * 40}]
    async with Simulator(replace(QUICK, prefix_cache=True)) as sim:
        first = await answered(client, sim, messages=messages)
        again = events(await streamed(client, sim, messages=messages))
    expected = {
        "input_tokens": 40,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 6,
    }
    assert first["usage"] == expected
    cached = expected | {"input_tokens": 8, "cache_read_input_tokens": 32}
    assert again[0][1]["message"]["usage"] == cached | {"output_tokens": 1}
    assert again[-2][1]["usage"] == cached


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "not JSON"),
        (b"[]", "body"),
        (b"{}", "model"),
        (b'{"model": "quick"}', "max_tokens"),
        (json.dumps(ask(max_tokens=0)).encode(), "max_tokens"),
        (json.dumps(ask(max_tokens="6")).encode(), "max_tokens"),
        (json.dumps(ask(stream=1)).encode(), "stream"),
        (json.dumps(ask(system=5)).encode(), "system"),
        (json.dumps(ask(messages=[])).encode(), "messages"),
        (json.dumps(ask(messages=[{"role": "system", "content": "a"}])).encode(), "role"),
        (json.dumps(ask(messages=[{"role": "user"}])).encode(), "content"),
        (json.dumps(ask(messages=[{"role": "user", "content": ""}])).encode(), "not empty"),
        (json.dumps(ask(messages=[{"role": "user", "content": [{}]}])).encode(), "type"),
        (json.dumps(ask(messages=[{"role": "user", "content": [1]}])).encode(), "content[0]"),
    ],
)
async def test_wrong_requests_are_400(
    client: aiohttp.ClientSession, body: bytes, named: str
) -> None:
    async with Simulator(QUICK) as sim:
        async with client.post(f"{sim.base_url}/messages", data=body) as answer:
            document = await answer.json()
        assert (sim.truth["refused"], sim.truth["all"]["requests"]) == (1, 0)
    assert (answer.status, document["type"]) == (400, "error")
    assert document["error"]["type"] == "invalid_request_error"
    assert named in document["error"]["message"]


async def test_paths_that_both_apis_have_follow_the_clients_headers(
    client: aiohttp.ClientSession,
) -> None:
    async with Simulator(QUICK) as sim:
        async with client.get(f"{sim.base_url}/models") as answer:
            listed = await answer.json()
        async with client.get(f"{sim.base_url}/models/nobody") as answer:
            assert (answer.status, (await answer.json())["type"]) == (404, "error")
        async with client.get(f"{sim.base_url}/messages") as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        async with aiohttp.ClientSession() as plain:
            async with plain.post(f"{sim.base_url}/messages/nowhere") as answer:
                assert (await answer.json())["error"]["type"] == "not_found_error"
            async with plain.get(f"{sim.base_url}/models") as answer:
                assert (await answer.json())["object"] == "list"
    names = [model["id"] for model in listed["data"]]
    assert {"quick", "fast", "flaky"} < set(names)
    assert (listed["first_id"], listed["last_id"], listed["has_more"]) == (
        names[0],
        names[-1],
        False,
    )


def failing(kind: FaultKind, seconds: float | None = None, *, queue: bool = False) -> Profile:
    fault = Fault(kind=kind, rate=1, seconds=seconds)
    return replace(QUICK, faults=(fault,), queue=BatchQueue() if queue else None)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("fault", "named", "retry_after"),
    [
        ("429:2.5s=1", "rate_limit_error", "3"),
        ("500=1", "api_error", None),
        ("529=1", "overloaded_error", None),
        ("529:2s=1", "overloaded_error", "2"),
    ],
)
async def test_faults_that_refuse(
    client: aiohttp.ClientSession,
    fault: str,
    named: str,
    retry_after: str | None,
    stream: bool,
) -> None:
    kind = fault[:3]
    async with (
        Simulator(replace(QUICK, faults=(Fault.parse(fault),))) as sim,
        client.post(f"{sim.base_url}/messages", json=ask(stream=stream)) as answer,
    ):
        document = await answer.json()
        assert sim.truth["all"]["outcomes"] == {kind: 1}
    assert (answer.status, document["type"]) == (int(kind), "error")
    assert document["error"]["type"] == named
    assert answer.headers.get("Retry-After") == retry_after


@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize("kind", ["cut", "lying-chunk", "reset"])
async def test_faults_that_break_the_connection(
    client: aiohttp.ClientSession, kind: FaultKind, queue: bool
) -> None:
    async with Simulator(failing(kind, queue=queue)) as sim:
        with pytest.raises(aiohttp.ClientError):
            await streamed(client, sim)
        with pytest.raises(aiohttp.ClientError):
            await answered(client, sim)
        assert sim.truth["all"]["outcomes"] == {kind: 2}


@pytest.mark.parametrize("queue", [True, False])
async def test_an_error_in_the_middle_is_the_last_event(
    client: aiohttp.ClientSession, queue: bool
) -> None:
    async with Simulator(failing("error-midstream", queue=queue)) as sim:
        found = events(await streamed(client, sim))
        whole = await answered(client, sim)
        truth = sim.truth["all"]
    assert [name for name, _ in found[3:]] == ["content_block_delta"] * 3 + ["error"]
    assert found[-1][1]["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert whole["error"] == found[-1][1]["error"]
    assert truth["outcomes"] == {"error-midstream": 2}
    assert truth["completion_tokens"] == 3


async def test_an_error_in_the_middle_has_openais_shape_too(client: aiohttp.ClientSession) -> None:
    async with (
        Simulator(failing("error-midstream")) as sim,
        client.post(f"{sim.base_url}/chat/completions", json=ask(stream=True)) as answer,
    ):
        *_, error, done = (await answer.text()).removesuffix("\n\n").split("\n\n")
    assert json.loads(error.removeprefix("data: "))["error"]["code"] == "overloaded"
    assert done == "data: [DONE]"


async def test_an_event_that_is_no_json(client: aiohttp.ClientSession) -> None:
    async with Simulator(failing("malformed")) as sim:
        body = await streamed(client, sim)
    broken = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,\n\n'
    assert body.count(broken) == 1
    assert len(events(body.replace(broken, b""))) == 3 + 6 + 3


@pytest.mark.parametrize("queue", [True, False])
@pytest.mark.parametrize("kind", ["stall", "stall-midstream", "slow-first-byte"])
async def test_faults_that_take_time(
    client: aiohttp.ClientSession, kind: FaultKind, queue: bool
) -> None:
    async with Simulator(failing(kind, 0.3, queue=queue)) as sim:
        found = events(await streamed(client, sim))
        truth = sim.truth["all"]
    assert found[-1][0] == "message_stop"
    assert truth["outcomes"] == {kind: 1}
    gaps = truth["itl_ms"]
    waited_ms = truth["ttft_ms"]["max"]
    if kind == "stall-midstream":  # from the first token to the last
        waited_ms += gaps["mean"] * gaps["count"]
    assert waited_ms >= 299.9  # rounded in the truth


async def test_metrics_and_truth_do_not_tell_the_apis_apart(client: aiohttp.ClientSession) -> None:
    async with Simulator(QUICK) as sim:
        await streamed(client, sim)
        asked = ask(stream=True)
        await (await client.post(f"{sim.base_url}/chat/completions", json=asked)).read()
        async with client.get(f"{sim.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        truth = sim.truth["models"]["quick"]
    label = 'model_name="quick",engine="0"'
    assert f"vllm:generation_tokens_total{{{label}}} 12" in lines
    assert f'vllm:request_success_total{{{label},finished_reason="length"}} 2' in lines
    assert (truth["requests"], truth["prompt_tokens"]) == (2, 6)
