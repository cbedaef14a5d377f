"""The server that a client's ceiling is measured against: right answers, whatever comes how."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest

from modelforge.simulator.instant import instant_answer, serve_instantly
from tests.support.wire import Asker, target_at


async def test_its_answers_are_read_as_any_server_s() -> None:
    server, base_url = await serve_instantly()
    async with server, Asker(target_at(base_url)) as asker:
        for told in await asker.ask(times=5):
            assert told.kind is None, str(told.reading.error)
            assert told.reading.tokens == told.reading.usage.completion_tokens == 128


@pytest.mark.parametrize("cut", [1, 7, 60, 10_000])
async def test_requests_come_in_any_pieces(cut: int) -> None:
    body = json.dumps({"max_tokens": 3}).encode()
    asked = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )
    sent = asked * 3
    expected = instant_answer(3) * 3
    server, base_url = await serve_instantly()
    async with server:
        port = int(base_url.removesuffix("/v1").rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for start, end in pairwise([*range(0, len(sent), cut), len(sent)]):
            writer.write(sent[start:end])
            await writer.drain()
        assert await reader.readexactly(len(expected)) == expected
        writer.close()
        await writer.wait_closed()
