"""A forward proxy on a loopback socket: it looks up no name and leads everything to one server."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from tests.support.server_thread import ServerThread


class ProxyServer(ServerThread):
    """Starts on entry and stops on exit; ``heads`` are the requests it was sent itself.

    Whoever does not bring ``credentials`` (the header's value) is refused with 407, if there are
    any.
    """

    def __init__(self, target_port: int, *, credentials: str | None = None) -> None:
        self.heads: list[str] = []
        self.port = 0
        self._target_port = target_port
        self._credentials = credentials

    async def _main(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._one(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.heads.append(head)
        if self._credentials and f"Proxy-Authorization: {self._credentials}" not in head:
            writer.write(b"HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        if head.startswith("CONNECT "):
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            to_writer.write(head.encode("latin-1"))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, to_writer))
                group.create_task(_copy(to_reader, writer))
        finally:
            to_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
        writer.close()
