"""``modelforge sim serve`` as a user runs it, and OpenAI's own SDK against it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import openai
import pytest

from modelforge.simulator.endpoint import SimulatorEndpoint
from modelforge.simulator.fault import Fault
from modelforge.simulator.profile import Profile
from modelforge.simulator.thread import SimulatorThread
from tests.support.command import Session


@contextmanager
def serving(shell: Session, *options: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The base URL that the command printed, and its process."""
    process = shell.start("sim", "serve", "--port", "0", *options)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip(), process
    finally:
        process.kill()
        process.communicate()


def client(base_url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=base_url, api_key="none", max_retries=0, timeout=20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_stopped_and_says_what_it_served(
    shell: Session, number: signal.Signals
) -> None:
    with serving(shell, "--ttft", "20ms", "--jitter", "0.2", "--tokens", "7") as (url, process):
        with client(url) as api:
            answer = api.chat.completions.create(
                model="fast", messages=[{"role": "user", "content": "Hello"}]
            )
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 7
    assert process.returncode == 0
    assert b"served 1 requests (1 completed), 7 tokens" in told


def test_a_port_in_use_is_one_line(shell: Session) -> None:
    with serving(shell) as (url, _):
        port = url.removesuffix("/v1").rpartition(":")[2]
        done = shell.run("sim", "serve", "--port", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert f":{port}: the port is in use" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--profile", "x"], "'x' is no profile"),
        (["--ttft", "5"], "'5' is not a duration"),
        (["--fault", "429"], "'429' is no fault"),
        (["--jitter", "wide"], "'wide' is no jitter"),
        (["--profile", "batch", "--step-base", "0", "--step-per-sequence", "0"], "must take time"),
    ],
)
def test_wrong_options_are_one_line(shell: Session, options: list[str], said: str) -> None:
    done = shell.run("sim", "serve", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


async def test_the_shared_endpoint_serves_openais_sdk() -> None:
    base_url = await SimulatorEndpoint().base_url()
    assert base_url == await SimulatorEndpoint().base_url()
    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as api:
        assert "steady" in [model.id async for model in api.models.list()]
        stream = await api.chat.completions.create(
            model="steady",
            messages=[{"role": "user", "content": "Hello"}],
            max_tokens=4,
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert len(text.split()) == 4
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4


def test_openais_sdk_names_the_errors() -> None:
    limited = Profile(name="limited", faults=(Fault(kind="429", rate=1),))
    broken = Profile(name="broken", faults=(Fault(kind="500", rate=1),))
    with SimulatorThread(models=[limited, broken]) as sim, client(sim.base_url) as api:
        for model, error in (
            ("limited", openai.RateLimitError),
            ("broken", openai.InternalServerError),
            ("nobody", openai.NotFoundError),
        ):
            with pytest.raises(error):
                api.chat.completions.create(model=model, messages=[{"role": "user", "content": ""}])
        assert sim.truth()["all"]["outcomes"] == {"429": 1, "500": 1}
        assert sim.truth()["refused"] == 1
