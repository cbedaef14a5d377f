"""One event loop on a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import aclosing, contextmanager
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from modelforge.core.errors import Interrupted
from modelforge.core.event_loop import new_event_loop

T = TypeVar("T")

_STOP_S: Final = 5.0


class BackgroundLoop:
    """Runs asynchronous code for synchronous callers of any thread.

    The thread starts with the first call, is a daemon, and ends with the process: what is still
    running is cancelled then, and what the loop's asynchronous generators hold is closed.
    A forked child starts a thread of its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: _Running | None = None

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What ``work()`` returns. A caller that is interrupted cancels it.

        Raises:
            Interrupted: the process is ending.
        """
        with self._started(work) as future:
            try:
                return future.result()
            except CancelledError:
                raise _ending() from None

    def iterate(
        self, work: Callable[[], Coroutine[Any, Any, AsyncGenerator[T]]]
    ) -> Generator[T, None, None]:
        """What the generator that ``work()`` returns yields. Closing the iterator cancels it.

        Raises:
            Interrupted: the process is ending.
        """
        items: SimpleQueue[T | _End] = SimpleQueue()
        with self._started(lambda: _pump(work, items)):
            while not isinstance(item := items.get(), _End):
                yield item
            if item.error is not None:
                raise item.error

    def close(self) -> None:
        """Stop the thread; the next call starts another."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            for future in tuple(running.calls):
                future.cancel()
            running.loop.call_soon_threadsafe(running.stop.set)
            running.thread.join(_STOP_S)

    @contextmanager
    def _started(self, work: Callable[[], Coroutine[Any, Any, T]]) -> Iterator[Future[T]]:
        """``work()`` as a call that ends, at the latest, with the block."""
        running = self._ready()
        future = asyncio.run_coroutine_threadsafe(work(), running.loop)
        running.calls.add(future)
        try:
            yield future
        finally:
            future.cancel()
            running.calls.discard(future)

    def _ready(self) -> _Running:
        running = self._running
        if running is None:
            with self._lock:
                running = self._running = self._running or _start()
        if running.thread is threading.current_thread():
            raise RuntimeError(
                "a synchronous call on the background event loop would wait for ever"
            )
        return running

    def _forget(self) -> None:
        """In a forked child: the thread stayed behind."""
        self._lock = threading.Lock()
        self._running = None


class _Running:
    def __init__(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        self.loop = loop
        self.stop = stop
        self.thread = threading.current_thread()
        self.calls: set[Future[Any]] = set()


class _End:
    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


async def _pump(
    work: Callable[[], Coroutine[Any, Any, AsyncGenerator[T]]], items: SimpleQueue[T | _End]
) -> None:
    try:
        async with aclosing(await work()) as arriving:
            async for item in arriving:
                items.put(item)
    except asyncio.CancelledError:
        items.put(_End(_ending()))
        raise
    except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
        items.put(_End(error))
    else:
        items.put(_End())


def _start() -> _Running:
    started: SimpleQueue[_Running] = SimpleQueue()

    async def serve() -> None:
        running = _Running(asyncio.get_running_loop(), asyncio.Event())
        started.put(running)
        await running.stop.wait()
        # The calls are cancelled by now; what else is left is connections being closed.
        if left := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(left, timeout=_STOP_S / 2)

    def run() -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(serve())

    threading.Thread(target=run, name="modelforge-langchain", daemon=True).start()
    return started.get()


def _ending() -> Interrupted:
    return Interrupted("the process ended before the answer was complete")


background: Final = BackgroundLoop()
"""The one that all synchronous doors share."""

atexit.register(background.close)
os.register_at_fork(after_in_child=background._forget)  # noqa: SLF001 (its own module)
