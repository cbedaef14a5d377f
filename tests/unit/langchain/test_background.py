"""The event loop that synchronous callers share."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import NoReturn

import pytest

from modelforge.core.errors import Interrupted
from modelforge.core.ports import ChatModel
from modelforge.langchain.background import BackgroundLoop
from modelforge.langchain.source import OpenProvider, PerLoop


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    loop = BackgroundLoop()
    yield loop
    loop.close()


async def thread_name() -> str:
    return threading.current_thread().name


async def numbers() -> AsyncGenerator[int, None]:
    yield 1
    yield 2


def opening(
    generator: Callable[[], AsyncGenerator[int, None]],
) -> Callable[[], Coroutine[None, None, AsyncGenerator[int, None]]]:
    """What ``iterate`` takes: work that ends with the generator."""

    async def work() -> AsyncGenerator[int, None]:
        return generator()

    return work


def test_it_starts_when_needed_and_again_after_its_end(background: BackgroundLoop) -> None:
    assert background.run(thread_name) == "modelforge-langchain"
    background.close()
    assert background.run(thread_name) == "modelforge-langchain"
    assert list(background.iterate(opening(numbers))) == [1, 2]


def test_errors_come_through(background: BackgroundLoop) -> None:
    async def failing() -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError("odd")

    stream = background.iterate(opening(failing))
    assert next(stream) == 1
    with pytest.raises(ValueError, match="odd"):
        next(stream)


def test_leaving_a_stream_cancels_it(background: BackgroundLoop) -> None:
    ended = threading.Event()

    async def endless() -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.sleep(3600)
        finally:
            ended.set()

    stream = background.iterate(opening(endless))
    next(stream)
    stream.close()
    assert ended.wait(5)


def test_what_is_running_at_the_end_is_interrupted(background: BackgroundLoop) -> None:
    async def endless() -> NoReturn:
        threading.Thread(target=background.close).start()
        await asyncio.sleep(3600)
        raise AssertionError

    with pytest.raises(Interrupted, match="the process ended"):
        background.run(endless)


def test_a_call_on_its_own_thread_is_an_error_not_a_deadlock(background: BackgroundLoop) -> None:
    async def nested() -> str:
        return background.run(thread_name)

    with pytest.raises(RuntimeError, match="wait for ever"):
        background.run(nested)


class Provider:
    def __init__(self, closed: list[str]) -> None:
        self._closed = closed

    def model(self, _: str, /) -> ChatModel:
        raise AssertionError("not asked for")

    async def aclose(self) -> None:
        self._closed.append(threading.current_thread().name)


class Source:
    def __init__(self) -> None:
        self.closed: list[str] = []

    def open(self) -> OpenProvider:
        return Provider(self.closed)

    def redact(self, text: str, /) -> str:
        return text


def test_each_loop_has_its_own_connections_and_closes_them(background: BackgroundLoop) -> None:
    source = Source()
    providers = PerLoop(source)

    async def twice() -> OpenProvider:
        one, other = await asyncio.gather(providers.get(), providers.get())
        assert one is other
        return one

    here = threading.current_thread().name
    assert asyncio.run(twice()) is not background.run(twice)
    assert source.closed == [here]
    assert asyncio.run(twice()) is not None
    assert source.closed == [here, here]
    background.close()
    assert source.closed == [here, here, "modelforge-langchain"]


def test_connections_go_with_their_owner(background: BackgroundLoop) -> None:
    source = Source()
    providers = PerLoop(source)
    background.run(providers.get)
    del providers
    gc.collect()
    background.close()
    assert source.closed == ["modelforge-langchain"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_has_a_loop_of_its_own() -> None:
    from modelforge.langchain.background import background as shared  # noqa: PLC0415

    assert shared.run(thread_name)
    child = os.fork()
    if child == 0:
        os._exit(0 if shared.run(thread_name) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
