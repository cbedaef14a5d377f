"""A scripted OpenAI-compatible server on a real loopback socket.

Delays and faults must be controlled to be tested; the model's name says what is wanted
(``slow:500``, ``stall``, ``cut`` …, see ``BEHAVIOURS``; any other name is answered well). It runs
in a thread of its own, so that the program under test can be this process or another.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.support.server_thread import ServerThread

_TURNS_TO_BE_KNOWN = 5
DEFAULT_TEXT = ("Hello", ", ", "world", ".")


@dataclass
class Request:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        content = self.body["messages"][-1]["content"]
        assert isinstance(content, str)
        return content


@dataclass
class Connection:
    """The server's end of one request."""

    request: Request
    writer: asyncio.StreamWriter
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    welcome: dict[str, float] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)

    async def raw(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(
        self,
        status: str = "200 OK",
        content_type: str = "text/event-stream",
        extra: str = "Transfer-Encoding: chunked\r\n",
    ) -> None:
        await self.raw(f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{extra}\r\n".encode())

    async def chunk(self, data: bytes) -> None:
        await self.raw(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self.raw(b"0\r\n\r\n")

    async def document(
        self, document: Any, status: str = "200 OK", extra: str = "", kind: str = "application/json"
    ) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        await self.head(status, kind, f"{extra}Content-Length: {len(body)}\r\n")
        await self.raw(body)


def event(delta: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """One ``chat.completion.chunk`` as a server-sent event."""
    choices = [{"index": 0, "delta": delta, "finish_reason": fields.pop("finish", None)}]
    chunk = {"object": "chat.completion.chunk", "choices": [] if delta is None else choices}
    return b"data: " + json.dumps(chunk | fields).encode() + b"\n\n"


def usage(prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """A usage object as OpenAI sends it."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def stream_of(texts: Iterable[str], **counts: int) -> list[bytes]:
    """The events of a whole streamed answer."""
    texts = list(texts)
    return [
        event({"role": "assistant", "content": ""}),
        *(event({"content": text}) for text in texts),
        event({}, finish="stop"),
        event(usage=usage(counts.pop("prompt", 5), counts.pop("completion", len(texts)), **counts)),
        b"data: [DONE]\n\n",
    ]


Behaviour = Callable[[Connection, str], Awaitable[None]]


async def _answer(connection: Connection, texts: Iterable[str], **counts: int) -> None:
    texts = list(texts)
    if not connection.request.body.get("stream"):
        await connection.document(
            {
                "object": "chat.completion",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "".join(texts)},
                        "finish_reason": "stop",
                    }
                ],
                "usage": usage(5, len(texts)),
            }
        )
        return
    await connection.head()
    for data in stream_of(texts, **counts):
        await connection.chunk(data)
    await connection.end()


async def ok(connection: Connection, _: str) -> None:
    await _answer(connection, DEFAULT_TEXT)


async def echo(connection: Connection, _: str) -> None:
    """Answers with the prompt, and with the credentials it was sent."""
    request = connection.request
    await _answer(connection, [request.prompt, " ", request.headers.get("authorization", "")])


async def echo_split(connection: Connection, _: str) -> None:
    """Repeats the credentials letter by letter."""
    await _answer(connection, connection.request.headers.get("authorization", ""))


async def slow(connection: Connection, milliseconds: str) -> None:
    await asyncio.sleep(int(milliseconds) / 1000)
    await _answer(connection, DEFAULT_TEXT)


async def stall(connection: Connection, _: str) -> None:
    """Two pieces of an answer, and then nothing."""
    await connection.head()
    await connection.chunk(event({"content": "begun"}))
    await asyncio.sleep(3600)


async def silent(_connection: Connection, _: str) -> None:
    await asyncio.sleep(3600)


async def cut(connection: Connection, _: str) -> None:
    """A stream that ends, in good HTTP, before the answer does."""
    await connection.head()
    await connection.chunk(event({"content": "half an"}))
    await connection.end()


async def dropped(connection: Connection, _: str) -> None:
    """A connection that is closed in the middle of a chunk."""
    await connection.head()
    await connection.chunk(event({"content": "half an"}))
    await connection.raw(b"400\r\ndata: {")
    connection.writer.close()


async def lying_chunk(connection: Connection, _: str) -> None:
    """A chunk longer than it says."""
    await connection.head()
    await connection.chunk(event({"content": "half an"}))
    await asyncio.sleep(0.05)  # the lie must not ride on the truth's segment
    await connection.raw(b"5\r\n" + event({"content": "answer"}) + b"\r\n0\r\n\r\n")
    connection.writer.close()


async def status(connection: Connection, code: str) -> None:
    """An HTTP error with the provider's own words, and the key it was sent."""
    said = f"you said {connection.request.headers.get('authorization', 'nothing')}"
    extra = "Retry-After: 7\r\n" if code == "429" else ""
    await connection.document({"error": {"message": said}}, f"{code} Nope", extra)


async def quota(connection: Connection, _: str) -> None:
    """A refusal for an account that has nothing left."""
    said = {"error": {"message": "You exceeded your quota.", "code": "insufficient_quota"}}
    await connection.document(said, "429 Too Many Requests")


async def hopeless(connection: Connection, _: str) -> None:
    """A failure that its server knows to last."""
    await connection.document({}, "500 Nope", "x-should-retry: false\r\n")


async def redirect(connection: Connection, _: str) -> None:
    await connection.document({}, "302 Found", "Location: http://127.0.0.1:1/elsewhere\r\n")


async def no_content(connection: Connection, _: str) -> None:
    await connection.raw(b"HTTP/1.1 204 No Content\r\n\r\n")


async def html(connection: Connection, _: str) -> None:
    await connection.document(b"<html>Welcome to the proxy", kind="text/html")


async def garbage(connection: Connection, _: str) -> None:
    await connection.raw(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    connection.writer.close()


async def malformed_event(connection: Connection, _: str) -> None:
    await connection.head()
    await connection.chunk(event({"content": "before"}) + b"data: {not json\n\n")
    await connection.end()


async def error_event(connection: Connection, _: str) -> None:
    await connection.head()
    await connection.chunk(event({"content": "before"}))
    await connection.chunk(b'data: {"error": {"message": "overloaded", "code": 529}}\n\n')
    await connection.end()


async def wrong_shape(connection: Connection, _: str) -> None:
    await connection.document({"choices": "many"})


async def empty_body(connection: Connection, _: str) -> None:
    await connection.document(b"")


async def empty_answer(connection: Connection, _: str) -> None:
    await _answer(connection, [])


async def no_usage(connection: Connection, _: str) -> None:
    await connection.head()
    for data in (event({"content": "x"}), event({}, finish="length"), b"data: [DONE]\n\n"):
        await connection.chunk(data)
    await connection.end()


async def reasoning(connection: Connection, _: str) -> None:
    await connection.head()
    await connection.chunk(event({"reasoning_content": "let me think"}))
    for data in stream_of(["42"], completion=4, cached=2, reasoning=3):
        await connection.chunk(data)
    await connection.end()


async def zipped(connection: Connection, _: str) -> None:
    body = gzip.compress(b"".join(stream_of(DEFAULT_TEXT)))
    await connection.document(body, extra="Content-Encoding: gzip\r\n", kind="text/event-stream")


async def absurd_usage(connection: Connection, _: str) -> None:
    await connection.head()
    absurd = {"prompt_tokens": 10**400, "completion_tokens": int("9" * 400)}
    for data in (event({"content": "x"}), event({}, finish="stop"), event(usage=absurd)):
        await connection.chunk(data)
    await connection.chunk(b"data: [DONE]\n\n")
    await connection.end()


async def flood(connection: Connection, _: str) -> None:
    """An answer without end, in pieces of good size."""
    await connection.head()
    piece = event({"content": "x" * 2**16})
    while True:
        await connection.chunk(piece)


async def ignores_stream(connection: Connection, _: str) -> None:
    """One document after a while, whatever was asked for."""
    await asyncio.sleep(0.3)
    message = {"role": "assistant", "content": "Hello, world."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    await connection.document({"choices": [choice], "usage": usage(5, 4)})


async def error_in_two(connection: Connection, _: str) -> None:
    body = b'{"error": {"message": "the second half matters"}}'
    length = f"Content-Length: {len(body)}\r\n"
    await connection.head("400 Bad Request", "application/json", length)
    await connection.raw(body[:20])
    await asyncio.sleep(0.1)
    await connection.raw(body[20:])


async def echo_reason(connection: Connection, _: str) -> None:
    """A finish reason that repeats the credentials."""
    await connection.head()
    reason = connection.request.headers.get("authorization", "")
    for data in (event({"content": "x"}), event({}, finish=reason), b"data: [DONE]\n\n"):
        await connection.chunk(data)
    await connection.end()


async def echo_malformed(connection: Connection, _: str) -> None:
    """Something that is no event and repeats the credentials, across the end of any excerpt."""
    said = connection.request.headers.get("authorization", "").encode()
    await connection.head()
    await connection.chunk(b"data: " + b"x" * 105 + said + b"\n\n")
    await connection.end()


async def crash_on_kill(connection: Connection, _: str) -> None:
    """Closes the connection without an answer when the prompt says so."""
    if connection.request.prompt == "KILL":
        connection.writer.transport.abort()
    else:
        await _answer(connection, DEFAULT_TEXT)


async def then_closed(connection: Connection, _: str) -> None:
    """Answers well, keeps the connection for a moment, and closes it without a word."""
    await _answer(connection, DEFAULT_TEXT)
    await asyncio.sleep(0.05)
    connection.writer.transport.abort()


async def byte_by_byte(connection: Connection, _: str) -> None:
    await connection.head()
    for data in stream_of(["snöwman ☃", " done"]):
        for position in range(len(data)):
            await connection.chunk(data[position : position + 1])
            await asyncio.sleep(0)
    await connection.end()


async def endless(connection: Connection, _: str) -> None:
    """A complete answer on a stream that then never ends."""
    await connection.head()
    for data in stream_of(DEFAULT_TEXT):
        await connection.chunk(data)
    while True:
        await connection.chunk(b": ping\n\n")
        await asyncio.sleep(0.05)


async def huge_event(connection: Connection, _: str) -> None:
    await connection.head()
    await connection.chunk(b"data: ")
    while True:
        await connection.chunk(b"x" * 2**20)


async def one_line(connection: Connection, size: str) -> None:
    await _answer(connection, ["x" * int(size)])


def _first_time(connection: Connection) -> bool:
    """Whether the server sees this prompt, for this model, for the first time."""
    request = connection.request
    key = (str(request.body["model"]), request.prompt)
    connection.seen[key] = connection.seen.get(key, 0) + 1
    return connection.seen[key] == 1


async def busy(connection: Connection, every: str) -> None:
    """Refuses each third prompt when it first comes, and whoever comes back too early.

    Every ``every``-th refusal asks to wait for a second, the others for none; ``early`` are the
    prompts that did not.
    """
    prompt = connection.request.prompt
    now = asyncio.get_running_loop().time()
    if now < connection.welcome.get(prompt, 0.0):
        connection.early.append(prompt)
    number = int(prompt.rpartition(" ")[2])
    if _first_time(connection) and number % 3 == 0:
        wait_s = int(number // 3 % int(every) == 0)
        connection.welcome[prompt] = now + wait_s
        said = {"error": {"message": "too many requests"}}
        await connection.document(said, "429 Slow Down", f"Retry-After: {wait_s}\r\n")
    else:
        await _answer(connection, [prompt])


async def once(connection: Connection, code: str) -> None:
    """An HTTP error the first time that a prompt comes, and then a good answer."""
    if _first_time(connection):
        await connection.document({"error": {"message": "not now"}}, f"{code} Nope")
    else:
        await _answer(connection, DEFAULT_TEXT)


async def aborts_once(connection: Connection, _: str) -> None:
    """Closes the connection the first time that a prompt comes, and then answers."""
    if _first_time(connection):
        connection.writer.transport.abort()
    else:
        await _answer(connection, DEFAULT_TEXT)


BEHAVIOURS: dict[str, Behaviour] = {
    behaviour.__name__.replace("_", "-"): behaviour
    for behaviour in (
        ok, echo, echo_split, slow, stall, silent, cut, dropped, lying_chunk, status, redirect,
        no_content, html, garbage, malformed_event, error_event, wrong_shape, empty_body,
        empty_answer, no_usage, reasoning, zipped, then_closed, byte_by_byte, endless, huge_event,
        one_line, absurd_usage, flood, ignores_stream, error_in_two, echo_reason, echo_malformed,
        crash_on_kill, busy, once, aborts_once,
        quota, hopeless,
    )
}  # fmt: skip


async def by_model(connection: Connection) -> None:
    """The model's name says what is wanted."""
    if connection.request.path.partition("?")[0].endswith("/models"):
        await connection.document({"data": [{"id": name} for name in BEHAVIOURS]})
        return
    name, _, argument = str(connection.request.body.get("model", "")).partition(":")
    await BEHAVIOURS.get(name, ok)(connection, argument)


@dataclass
class OpenAIServer(ServerThread):
    """Starts on entry and stops on exit; ``requests`` are all it has been sent.

    ``handler`` answers them; ``answers`` are texts by the names of models, given first. ``seen``
    counts prompts by model and text, ``welcome`` says when those that were refused may come back,
    and ``early`` are those that did not wait.
    """

    handler: Callable[[Connection], Awaitable[None]] = by_model
    requests: list[Request] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    welcome: dict[str, float] = field(default_factory=dict)
    early: list[str] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    port: int = 0
    tls: ssl.SSLContext | None = None

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    async def _main(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._transports: weakref.WeakSet[asyncio.WriteTransport] = weakref.WeakSet()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        # A connection that was accepted, and whose transport is made after the server's close, is
        # never closed: accept no more, and let those have theirs, before that.
        for listening in server.sockets:
            self._loop.remove_reader(listening.fileno())
        for _ in range(_TURNS_TO_BE_KNOWN):
            await asyncio.sleep(0)
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # A peer that is gone, or does not read, would keep its transport from closing.
        for transport in list(self._transports):
            transport.abort()
        for _ in range(3):
            await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._transports.add(writer.transport)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while not writer.is_closing():
                await self._one(reader, writer)
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client is gone, or the server is stopping
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request_line, *lines = head.split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = request_line.split(" ")[1]
        request = Request(path=path, headers=headers, body=json.loads(body) if body else {})
        self.requests.append(request)
        connection = Connection(
            request=request,
            writer=writer,
            seen=self.seen,
            welcome=self.welcome,
            early=self.early,
        )
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._dispatch(connection)
        finally:
            self.in_flight -= 1

    async def _dispatch(self, connection: Connection) -> None:
        answer = self.answers.get(str(connection.request.body.get("model")))
        if answer is None:
            await self.handler(connection)
        else:
            await _answer(connection, [answer])
