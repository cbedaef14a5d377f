"""Whole requests, and which of them are kept."""

from __future__ import annotations

import json

import pytest

from modelforge.benchmark.workload import Ask
from modelforge.core.prompt import Prompt
from modelforge.providers.openai_chat import OpenAIChat
from modelforge.wire.request_writer import RequestWriter
from modelforge.wire.target import Target


def writer(base_url: str = "http://127.0.0.1:8080/v1", **headers: str) -> RequestWriter:
    headers = {name.replace("_", "-"): value for name, value in headers.items()} or {"X-Own": "1"}
    target = Target(model="m", base_url=base_url, codec=OpenAIChat(), headers=headers)
    return RequestWriter(target)


def asking(text: str) -> Ask:
    return Ask(prompt=Prompt.of(text), source="test", max_tokens=7)


def test_a_request_is_written_whole() -> None:
    head, _, body = writer().request(asking("Why?")).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /v1/chat/completions HTTP/1.1"
    assert {"Host: 127.0.0.1:8080", "X-Own: 1", f"Content-Length: {len(body)}"} <= set(lines)
    assert json.loads(body)["messages"] == [{"role": "user", "content": "Why?"}]


@pytest.mark.parametrize(
    ("base_url", "path", "host"),
    [
        ("http://127.0.0.1/漢/v1", "/%E6%BC%A2/v1", "127.0.0.1"),
        ("http://127.0.0.1/a%20b/é=1", "/a%20b/%C3%A9=1", "127.0.0.1"),
        ("https://münchen.example:8443/v1", "/v1", "xn--mnchen-3ya.example:8443"),
        ("http://[::1]:80/v1", "/v1", "[::1]"),
    ],
)
def test_an_address_is_written_in_ascii(base_url: str, path: str, host: str) -> None:
    lines = writer(base_url).request(asking("Why?")).decode().split("\r\n")
    assert lines[0] == f"POST {path}/chat/completions HTTP/1.1"
    assert f"Host: {host}" in lines


def test_a_header_of_ones_own_takes_the_place_of_the_usual_one() -> None:
    requests = writer(host="own.example", user_agent="me", accept_encoding="gzip")
    head = requests.request(asking("Why?")).partition(b"\r\n\r\n")[0].decode()
    names = [line.partition(":")[0].lower() for line in head.split("\r\n")[1:]]
    assert len(names) == len(set(names))
    assert {"host: own.example", "user-agent: me"} <= set(head.split("\r\n"))


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
