"""Whole requests, and which of them are kept."""

from __future__ import annotations

import json

from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.target import RequestWriter, Target


def writer() -> RequestWriter:
    target = Target(
        model="m", base_url="http://127.0.0.1:8080/v1", codec=OpenAIChat(), headers={"X-Own": "1"}
    )
    return RequestWriter(target)


def asking(text: str) -> Ask:
    return Ask(prompt=Prompt.of(text), source="test", max_tokens=7)


def test_a_request_is_written_whole() -> None:
    head, _, body = writer().request(asking("Why?")).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/chat/completions HTTP/1.1"
    assert {"Host: 127.0.0.1:8080", "X-Own: 1", f"Content-Length: {len(body)}"} <= set(lines)
    assert json.loads(body)["messages"] == [{"role": "user", "content": "Why?"}]


def test_a_prompt_that_comes_again_is_not_written_again() -> None:
    requests, again = writer(), asking("Why?")
    first = requests.request(again)
    assert requests.request(again) is first
    assert requests.request(asking("Why?")) == first  # another prompt, the same bytes
    assert requests.request(asking("Why?")) is not first


def test_what_is_kept_is_bounded_by_its_bytes_too() -> None:
    requests = writer()
    asks = [asking(f"{number} " + "x" * 10_000_000) for number in range(5)]
    written = [requests.request(ask) for ask in asks]
    assert requests.request(asks[-1]) is written[-1]
    assert requests.request(asks[0]) is not written[0]
