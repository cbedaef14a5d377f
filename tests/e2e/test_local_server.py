"""Real models, in real server processes that can be killed."""

from __future__ import annotations

import asyncio
import concurrent.futures
import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from modelforge.core.errors import LocalServerFailed
from modelforge.core.ports import Endpoint
from modelforge.local.cache import default_cache_dir
from modelforge.local.model_file import ModelFile
from modelforge.local.server_process import ServerProcess
from modelforge.local.server_settings import ServerSettings
from modelforge.local.servers import SLOT_CONTEXT, LocalServers
from tests.support.local_weights import ensure_weights

pytestmark = pytest.mark.timeout(180)

SMOL = "smollm2-135m"
GEMMA = "gemma-3-270m"
PATIENCE_S = 60
PROCESSES = Path("/proc")

PARENT = """
import asyncio, sys
from pathlib import Path
from modelforge.local.servers import LocalServers

servers = LocalServers(Path(sys.argv[1]))
print(asyncio.run(servers.endpoint("smollm2-135m").base_url()), flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the machine's real weights and logs of its own."""
    for name in (SMOL, GEMMA):
        ensure_weights(name)
    cache = tmp_path_factory.mktemp("cache")
    (cache / "models").symlink_to(default_cache_dir() / "models")
    return cache


@pytest.fixture(scope="module")
def running(cache: Path) -> Iterator[LocalServers]:
    """Servers shared by the tests that only ask them something."""
    servers = LocalServers(cache)
    yield servers
    servers.close()


@pytest.fixture
def servers(cache: Path) -> Iterator[LocalServers]:
    """Servers for one test to break."""
    servers = LocalServers(cache)
    yield servers
    servers.close()


async def ask(endpoint: Endpoint, *messages: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Send a conversation; return the first choice."""
    body = {"messages": [{"role": role, "content": text} for role, text in messages], **more}
    url = f"{await endpoint.base_url()}/chat/completions"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        assert response.status == 200, await response.text()
        choice: dict[str, Any] = (await response.json())["choices"][0]
        return choice


async def url_of(endpoint: Endpoint) -> str:
    return await endpoint.base_url()


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


def server_pids(parent: int) -> set[int]:
    """The server processes that ``parent`` has started and that have not ended."""
    return {
        pid
        for pid in (int(path.name) for path in PROCESSES.iterdir() if path.name.isdecimal())
        if process_state(pid)[1:] == (parent, True)
    }


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than a zombie nobody has collected."""
    state = process_state(pid)[0]
    return state != "" and (state != "Z" or thread_count(pid) > 1)


def process_state(pid: int) -> tuple[str, int, bool]:
    """The letter of a process's state, its parent, and whether it is a server."""
    try:
        after_name = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
        command = (PROCESSES / str(pid) / "cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "", 0, False
    return after_name[0], int(after_name[1]), "server_main" in command


def thread_count(pid: int) -> int:
    """The threads of a process; a zombie has one, unless others are still ending."""
    try:
        return len(list((PROCESSES / str(pid) / "task").iterdir()))
    except (FileNotFoundError, ProcessLookupError):
        return 0


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while is_running(pid):
        assert time.monotonic() < deadline, f"process {pid} has outlived its parent"
        time.sleep(0.02)


def accepts(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def start_parent(cache: Path) -> tuple[subprocess.Popen[str], str, int]:
    """Start a process that uses a local server; return it, the URL and the server's id."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, cache],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    (pid,) = server_pids(parent.pid)
    return parent, url, pid


async def test_a_small_model_answers_under_its_name(running: LocalServers) -> None:
    endpoint = running.endpoint(SMOL)

    choice = await ask(endpoint, ("user", "What is the capital of France?"))

    assert "Paris" in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"
    base_url = await endpoint.base_url()
    assert base_url.startswith("http://127.0.0.1:")
    status, models = await get(f"{base_url}/models")
    assert status == 200
    assert f'"id":"{SMOL}"' in models
    assert f'"n_ctx":{SLOT_CONTEXT}' in models


async def test_metrics_are_on_and_the_rest_is_off(running: LocalServers) -> None:
    root = (await running.endpoint(SMOL).base_url()).removesuffix("/v1")
    status, metrics = await get(f"{root}/metrics")
    assert status == 200
    assert "llamacpp:tokens_predicted_total" in metrics
    assert (await get(f"{root}/slots"))[0] == 501
    assert (await get(f"{root}/"))[0] == 404


async def test_a_base_model_answers_and_stops_by_itself(running: LocalServers) -> None:
    endpoint = running.endpoint(GEMMA)
    for question, fact in (
        ("What is the capital of France?", "Paris"),
        ("Who painted the Mona Lisa?", "Leonardo da Vinci"),
    ):
        choice = await ask(endpoint, ("user", question))
        answer = choice["message"]["content"]
        assert fact in answer
        assert answer == answer.strip()
        assert "###" not in answer
        assert choice["finish_reason"] == "stop"


async def test_a_base_model_takes_a_system_message_and_turns(running: LocalServers) -> None:
    choice = await ask(
        running.endpoint(GEMMA),
        ("system", "All answers are about Europe."),
        ("user", "What is the capital of Spain?"),
        ("assistant", "The capital of Spain is Madrid."),
        ("user", "What is the capital of Italy?"),
    )
    assert "Rome" in choice["message"]["content"]


async def test_a_request_without_a_limit_gets_the_models(
    running: LocalServers, tmp_path: Path
) -> None:
    model = dataclasses.replace(running.find(SMOL), max_tokens=5)
    settings = ServerSettings(model=model, parallel=1, slot_context=512, threads=1)
    process = ServerProcess(settings, log_path=tmp_path / "a.log")
    url = await asyncio.to_thread(process.start)
    body = {"messages": [{"role": "user", "content": "Count to 99."}], "ignore_eos": True}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v1/chat/completions", json=body) as response,
    ):
        answer = await response.json()
    process.stop()
    assert answer["usage"]["completion_tokens"] == 5
    assert answer["choices"][0]["finish_reason"] == "length"


async def test_a_file_is_served_by_its_path_and_only_once(servers: LocalServers) -> None:
    path = servers.find(SMOL).path
    other = f"{path.parent}/../{path.parent.name}/{path.name}"

    by_path, by_other_path = servers.endpoint(str(path)), servers.endpoint(other)

    url = await by_path.base_url()
    assert await by_other_path.base_url() == url
    assert f'"id":"{path.stem}"' in (await get(f"{url}/models"))[1]
    choice = await ask(by_path, ("user", "Hello"), max_tokens=4)
    assert choice["message"]["content"]


async def test_concurrent_first_uses_start_one_process(servers: LocalServers) -> None:
    endpoint = servers.endpoint(SMOL)
    before = server_pids(os.getpid())

    async def several() -> list[str]:
        return await asyncio.gather(*(endpoint.base_url() for _ in range(5)))

    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        loops = [threads.submit(asyncio.run, several()) for _ in range(3)]
        urls = {url for loop in loops for url in await asyncio.wrap_future(loop)}

    assert len(urls) == 1
    assert len(server_pids(os.getpid()) - before) == 1


async def test_a_caller_who_gives_up_does_not_take_the_others_down(servers: LocalServers) -> None:
    endpoint = servers.endpoint(SMOL)
    impatient = asyncio.create_task(endpoint.base_url())
    patient = asyncio.create_task(endpoint.base_url())
    await asyncio.sleep(0)

    impatient.cancel()

    assert (await patient).startswith("http://")
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_server_that_died_is_told_and_started_again(servers: LocalServers) -> None:
    endpoint = servers.endpoint(SMOL)
    before = server_pids(os.getpid())
    first = await endpoint.base_url()
    (pid,) = server_pids(os.getpid()) - before

    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)

    with pytest.raises(LocalServerFailed, match="SIGKILL") as raised:
        await endpoint.base_url()
    assert "\n" not in str(raised.value)
    second = await endpoint.base_url()
    assert second != first
    assert accepts(second)


async def test_a_corrupt_file_fails_with_the_reason_each_time(
    servers: LocalServers, tmp_path: Path
) -> None:
    corrupt = tmp_path / "cut.gguf"
    with servers.find(SMOL).path.open("rb") as whole:
        corrupt.write_bytes(whole.read(30_000_000))
    endpoint = servers.endpoint(str(corrupt))
    before = server_pids(os.getpid())

    for _ in range(2):
        with pytest.raises(LocalServerFailed, match="corrupted or incomplete") as raised:
            await endpoint.base_url()
        assert "\n" not in str(raised.value)
        assert ".log" in str(raised.value)
    assert server_pids(os.getpid()) == before


def test_a_server_that_takes_too_long_is_ended(servers: LocalServers, tmp_path: Path) -> None:
    settings = ServerSettings(model=servers.find(SMOL), parallel=1, slot_context=512, threads=1)
    process = ServerProcess(settings, log_path=tmp_path / "a.log")

    with pytest.raises(LocalServerFailed, match=r"not ready within 0\.01 s"):
        process.start(timeout_s=0.01)

    assert process.pid is not None
    assert not is_running(process.pid)
    assert not process.is_alive()


def test_a_server_without_its_library_says_so(tmp_path: Path) -> None:
    """An interpreter that cannot import llama.cpp: the extra is there, but broken."""
    settings = ServerSettings(
        model=ModelFile(name="m", path=tmp_path / "m.gguf"), parallel=1, slot_context=512, threads=1
    )
    broken = tmp_path / "xllamacpp.py"
    broken.write_text('raise ImportError("libgomp.so.1: cannot open shared object file")')
    process = ServerProcess(settings, log_path=tmp_path / "a.log")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        with pytest.raises(LocalServerFailed, match=r"ImportError: libgomp\.so\.1"):
            process.start()


async def test_closing_ends_the_servers_for_good(cache: Path) -> None:
    servers = LocalServers(cache)
    endpoint = servers.endpoint(SMOL)
    before = server_pids(os.getpid())
    url = await endpoint.base_url()
    (pid,) = server_pids(os.getpid()) - before

    servers.close()
    servers.close()

    assert not is_running(pid)
    assert not accepts(url)
    with pytest.raises(LocalServerFailed, match="closed"):
        await endpoint.base_url()
    with pytest.raises(LocalServerFailed, match="closed"):
        await servers.endpoint(GEMMA).base_url()


def test_closing_during_a_start_ends_the_start(cache: Path) -> None:
    servers = LocalServers(cache)
    before = server_pids(os.getpid())
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        starting = thread.submit(asyncio.run, url_of(servers.endpoint(GEMMA)))
        while not (started := server_pids(os.getpid()) - before):
            assert not starting.done()
        servers.close()
        with pytest.raises(LocalServerFailed):
            starting.result(timeout=PATIENCE_S)
    (pid,) = started
    assert not is_running(pid)


async def test_an_endpoint_keeps_its_servers_alive_and_no_longer(cache: Path) -> None:
    before = server_pids(os.getpid())
    endpoint = LocalServers(cache).endpoint(SMOL)
    assert accepts(await endpoint.base_url())
    (pid,) = server_pids(os.getpid()) - before

    del endpoint

    wait_until_gone(pid)


def test_a_parent_that_ends_takes_its_server_with_it(cache: Path) -> None:
    parent, url, pid = start_parent(cache)
    stdout, stderr = parent.communicate("\n", timeout=PATIENCE_S)

    assert (parent.returncode, stdout, stderr) == (0, "", "")
    wait_until_gone(pid)
    assert not accepts(url)


@pytest.mark.parametrize("way", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_parent_takes_its_server_with_it(way: signal.Signals, cache: Path) -> None:
    parent, url, pid = start_parent(cache)

    # To the whole group, as a terminal does.
    os.killpg(parent.pid, way)
    parent.communicate(timeout=PATIENCE_S)

    assert parent.returncode == -way
    wait_until_gone(pid)
    assert not accepts(url)


def test_a_parent_killed_during_the_load_takes_its_server_with_it(cache: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.replace(SMOL, GEMMA), cache],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    while not (pids := server_pids(parent.pid)):
        assert parent.poll() is None
    (pid,) = pids
    parent.kill()
    parent.communicate(timeout=PATIENCE_S)
    wait_until_gone(pid)


async def test_the_log_is_in_the_cache_and_nothing_on_the_terminal(
    cache: Path, tmp_path: Path
) -> None:
    own = tmp_path / "cache"
    own.mkdir()
    shutil.copytree(cache / "models", own / "models", copy_function=os.link)
    servers = LocalServers(own)
    await servers.endpoint(SMOL).base_url()
    await servers.endpoint(GEMMA).base_url()
    servers.close()
    logs = sorted(path.name for path in (own / "logs").iterdir())
    assert [name[:-13] for name in logs] == [GEMMA, SMOL]
