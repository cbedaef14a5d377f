"""A server without a simulation: its answers are ready before they are asked."""

from __future__ import annotations

import asyncio
import re
from typing import Final, cast

from modelforge.simulator.answer_plan import AnswerPlan
from modelforge.simulator.openai_events import openai_events

_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TOKENS: Final = re.compile(rb'"max_tokens": *(\d+)')
_MODEL: Final = "instant"
_CREATED: Final = 1_700_000_000
_USUAL_TOKENS: Final = 128
_MOST_TOKENS: Final = 100_000


def instant_answer(tokens: int) -> bytes:
    """The whole HTTP answer of a chat stream of ``tokens`` tokens, each in an event of its own."""
    events = openai_events(_MODEL, chat=True, chunked=True)
    plan = AnswerPlan(
        id="0" * 16,
        first_word=0,
        stride=1,
        length=tokens,
        finish_reason="length",
        prompt_tokens=1,
        cached_tokens=0,
        offsets_s=(),
        fault=None,
        fault_at=0,
    )
    mark = events.mark(plan, _CREATED)
    return b"".join(
        (
            _HEAD,
            events.opening(mark, plan),
            *(events.token(mark, 0, index) for index in range(tokens)),
            events.ending(mark, plan, include_usage=True),
        )
    )


class InstantConnection(asyncio.Protocol):
    """Answers every request with as many tokens as its ``max_tokens`` says, in one write.

    For measuring a client that asks well-formed questions: a simulation of a server pays for the
    truth it knows about each token, and would be measured in the client's place.

    Args:
        answers: those made so far, by their tokens; shared among connections.
    """

    def __init__(self, answers: dict[int, bytes]) -> None:
        self._answers = answers
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        data = self._unread + data
        while (head := data.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(data, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(data) < end:
                break
            tokens = _TOKENS.search(data, head, end)
            self._transport.write(self._answer(int(tokens[1]) if tokens else _USUAL_TOKENS))
            data = data[end:]
        self._unread = data

    def _answer(self, tokens: int) -> bytes:
        answer = self._answers.get(tokens)
        if answer is None:
            answer = self._answers[tokens] = instant_answer(min(tokens, _MOST_TOKENS))
        return answer


async def serve_instantly(host: str = "127.0.0.1") -> tuple[asyncio.Server, str]:
    """The server, and its URL for an OpenAI client."""
    answers: dict[int, bytes] = {}
    server = await asyncio.get_running_loop().create_server(
        lambda: InstantConnection(answers), host, 0, backlog=4096
    )
    return server, f"http://{host}:{server.sockets[0].getsockname()[1]}/v1"
