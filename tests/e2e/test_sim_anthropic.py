"""Anthropic's own SDK, and our own client, against the simulator."""

from __future__ import annotations

import json
import subprocess
import sys

import anthropic
import pytest

from modelforge.simulator.distribution import Distribution
from modelforge.simulator.endpoint import SimulatorEndpoint
from modelforge.simulator.fault import Fault, FaultKind
from modelforge.simulator.profile import Profile
from modelforge.simulator.thread import SimulatorThread
from tests.support.command import Session

QUICK = Profile(
    name="quick",
    ttft_s=Distribution(mean=0.01),
    itl_s=Distribution(mean=0.001),
    tokens=Distribution(mean=12),
)
PROMPT: list[anthropic.types.MessageParam] = [{"role": "user", "content": "one two three"}]


def client(sim: SimulatorThread) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=sim.url, api_key="none", max_retries=0, timeout=20)


def failing(kind: FaultKind, *, seconds: float | None = None) -> Profile:
    return Profile(
        name=f"fails-{kind}",
        itl_s=Distribution(mean=0.02),
        faults=(Fault(kind=kind, rate=1, seconds=seconds),),
    )


def test_the_sdk_reads_a_message() -> None:
    with SimulatorThread(QUICK) as sim, client(sim) as api:
        message = api.messages.create(
            model="quick", max_tokens=1000, messages=PROMPT, system="Be brief."
        )
        assert sim.truth()["models"]["quick"]["outcomes"] == {"completed": 1}
    (block,) = message.content
    assert isinstance(block, anthropic.types.TextBlock)
    assert len(block.text.split()) == 12
    assert message.stop_reason == "end_turn"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (5, 12)


def test_the_sdk_reads_a_stream() -> None:
    with SimulatorThread(QUICK) as sim, client(sim) as api:
        with api.messages.stream(model="quick", max_tokens=7, messages=PROMPT) as stream:
            texts = list(stream.text_stream)
            message = stream.get_final_message()
        raw = api.messages.create(model="quick", max_tokens=7, messages=PROMPT, stream=True)
        names = [event.type for event in raw]
    assert len(texts) == len("".join(texts).split()) == 7
    assert message.stop_reason == "max_tokens"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (3, 7)
    assert (names[0], names[-1]) == ("message_start", "message_stop")


async def test_the_shared_endpoint_serves_the_asynchronous_sdk() -> None:
    endpoint = SimulatorEndpoint()
    url = (await endpoint.base_url()).removesuffix("/v1")
    async with anthropic.AsyncAnthropic(base_url=url, api_key="none", max_retries=0) as api:
        assert "steady" in [model.id async for model in api.models.list()]
        message = await api.messages.create(model="steady", max_tokens=4, messages=PROMPT)
    endpoint.close()
    assert message.usage.output_tokens == 4


def test_the_sdk_names_the_errors() -> None:
    faults = [failing("429", seconds=7), failing("500"), failing("529", seconds=2)]
    with SimulatorThread(QUICK, models=faults) as sim, client(sim) as api:
        for model, error, status, retry_after in (
            ("fails-429", anthropic.RateLimitError, 429, "7"),
            ("fails-500", anthropic.InternalServerError, 500, None),
            ("fails-529", anthropic.InternalServerError, 529, "2"),
            ("nobody", anthropic.NotFoundError, 404, None),
        ):
            with pytest.raises(error) as raised:
                api.messages.create(model=model, max_tokens=5, messages=PROMPT)
            assert raised.value.status_code == status
            assert raised.value.response.headers.get("retry-after") == retry_after
        with pytest.raises(anthropic.BadRequestError, match="max_tokens must be between"):
            api.messages.create(model="quick", max_tokens=0, messages=PROMPT)
        assert sim.truth()["all"]["outcomes"] == {"429": 1, "500": 1, "529": 1}
        assert sim.truth()["refused"] == 2


def test_the_sdk_retries_as_it_is_told() -> None:
    limited = Profile(name="limited", faults=(Fault(kind="429", every=2, seconds=0.0),))
    with SimulatorThread(limited) as sim:
        with client(sim).with_options(max_retries=1) as api:
            for _ in range(2):
                api.messages.create(model="limited", max_tokens=5, messages=PROMPT)
        assert sim.truth()["all"]["outcomes"] == {"429": 1, "completed": 2}


def test_the_sdk_raises_what_fails_in_the_middle() -> None:
    with SimulatorThread(failing("error-midstream")) as sim, client(sim) as api:
        texts = []
        with (
            pytest.raises(anthropic.APIStatusError, match="Overloaded"),
            api.messages.stream(model="fails-error-midstream", max_tokens=6, messages=PROMPT) as s,
        ):
            texts += list(s.text_stream)
        assert sim.truth()["all"]["completion_tokens"] == 3


def test_compare_speaks_it_to_a_custom_provider(shell: Session) -> None:
    models = [QUICK, failing("500"), failing("error-midstream")]
    with SimulatorThread(models=models) as sim:
        (shell.folder / "modelforge.toml").write_text(
            f'[providers.mine]\nprotocol = "anthropic"\nbase_url = "{sim.base_url}"\n'
            'api_key_env = "MINE_KEY"\n'
        )
        done = shell.run(
            "compare",
            *(f"mine/{name}" for name in ("quick", "fails-500", "fails-error-midstream")),
            *("--prompt", "one two three", "--export", "json"),
            env={"MINE_KEY": "not-a-real-key"},
        )
        truth = sim.truth()["models"]
    results = {result["model"]: result for result in json.loads(done.stdout)["results"]}
    whole, broken = results["quick"], results["fails-error-midstream"]
    assert done.returncode == 1
    assert (whole["error"], whole["finish_reason"]) == (None, "stop")
    assert (whole["prompt_tokens"], whole["completion_tokens"]) == (3, 12)
    assert len(whole["response"].split()) == 12
    assert truth["quick"]["ttft_ms"]["count"] == 1  # it streamed
    assert "Overloaded" in broken["error"]
    assert len(broken["response"].split()) == 64  # half, which is kept
    assert "error while processing" in results["fails-500"]["error"]
    assert truth["fails-500"]["outcomes"]["500"] >= 1


def test_a_failure_nobody_meant_is_one_line_on_stderr() -> None:
    script = """
import urllib.error, urllib.request
from modelforge.simulator import simulation
from modelforge.simulator.thread import SimulatorThread
simulation.metrics_text = None
with SimulatorThread() as sim:
    try:
        urllib.request.urlopen(sim.url + "/metrics")
    except urllib.error.HTTPError as error:
        print(error.code)
    print(urllib.request.urlopen(sim.url + "/health").status)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["500", "200"]
    (line,) = done.stderr.splitlines()
    assert "GET /metrics: TypeError" in line
