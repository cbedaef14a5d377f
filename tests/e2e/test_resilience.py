"""Servers that refuse, fail and fall silent, on a real socket."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from typing import Any

import pytest

from modelforge import ModelComparator, ModelForgeRegistry
from modelforge.config.load import load_configuration
from modelforge.simulator.distribution import Distribution
from modelforge.simulator.fault import FAULT_KINDS, Fault
from modelforge.simulator.profile import Profile
from modelforge.simulator.thread import SimulatorThread
from tests.support.command import Session
from tests.support.openai_server import OpenAIServer

COUNT = 5000


def _results(text: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(text)["results"]
    return results


def test_a_third_refused_and_every_one_answered(target: Session, server: OpenAIServer) -> None:
    (target.folder / "many.txt").write_text("\n".join(f"prompt {i}" for i in range(COUNT)))
    started_s = time.monotonic()
    done = target.run(
        "compare", "target/busy:400", "--prompts", "many.txt", "--concurrency", "64",
        "--export", "json", "--quiet", timeout_s=100,
    )  # fmt: skip
    took_s = time.monotonic() - started_s
    assert (done.returncode, done.stderr) == (0, "")
    results = _results(done.stdout)
    assert sorted(result["prompt_index"] for result in results) == list(range(COUNT))
    assert all(result["response"] == result["prompt"] for result in results)
    refused = [result for result in results if result["retries"]]
    assert {result["prompt_index"] for result in refused} == set(range(0, COUNT, 3))
    assert {result["retries"] for result in refused} == {1}
    assert server.early == []
    assert len(server.requests) == COUNT + len(refused)
    assert server.most_in_flight <= 64
    assert json.loads(done.stdout)["summary"][0]["retries"] == len(refused)
    # A second's wait is in nobody's latency.
    waited = [r for r in refused if r["prompt_index"] // 3 % 400 == 0]
    assert all(result["queued_s"] >= 1 for result in waited)
    assert sorted(r["latency_s"] for r in waited)[len(waited) // 2] < 0.9
    assert took_s < 40


FAULTS = {
    "status:401": ("authentication_failed", 0),
    "status:400": ("request_refused", 0),
    "status:408": ("request_refused", 2),
    "status:409": ("request_refused", 2),
    "status:429": ("rate_limited", 0),  # it asks for 7 s, and the answer may take 6
    "quota": ("rate_limited", 0),
    "hopeless": ("server_failed", 0),
    "status:500": ("server_failed", 2),
    "status:501": ("server_failed", 0),
    "status:503": ("server_failed", 2),
    "stall": ("timed_out", 0),
    "silent": ("timed_out", 0),
    "cut": ("stream_cut", 0),
    "dropped": ("stream_cut", 0),
    "garbage": ("malformed_response", 0),
    "html": ("malformed_response", 0),
    "malformed-event": ("malformed_response", 0),
    "wrong-shape": ("malformed_response", 0),
    "error-event": ("server_failed", 0),  # after the first piece: never repeated
    "empty-answer": (None, 0),
    "no-content": ("empty_response", 0),
    "redirect": ("request_refused", 0),
    "once:429": (None, 1),
    "once:500": (None, 1),
    "once:408": (None, 1),
    "once:409": (None, 1),
    "aborts-once": (None, 1),
    "ok": (None, 0),
    "reasoning": (None, 0),
}


def test_every_fault_has_a_name_and_touches_nobody_else(
    target: Session, server: OpenAIServer
) -> None:
    # A provider each: one that asks to wait is left alone with all its models.
    names = {f"p{number}/{fault}": fault for number, fault in enumerate(FAULTS)}
    (target.folder / "modelforge.toml").write_text(
        "\n".join(
            f'[providers.p{number}]\nbase_url = "{server.base_url}"'
            for number in range(len(FAULTS))
        )
    )
    done = target.run(
        "compare", *names, "-p", "hi", "--export", "json", "--timeout", "6",
        "--first-token-timeout", "2", "--idle-timeout", "1.5",
    )  # fmt: skip
    assert done.returncode == 1
    results = {result["model_id"]: result for result in _results(done.stdout)}
    found = {
        fault: (results[name]["error_kind"], results[name]["retries"])
        for name, fault in names.items()
    }
    assert found == FAULTS
    by_fault = {fault: results[name] for name, fault in names.items()}
    assert "--first-token-timeout" in by_fault["silent"]["error"]
    assert "--idle-timeout" in by_fault["stall"]["error"]
    assert by_fault["stall"]["response"] == "begun"
    assert "would pass --timeout" in by_fault["status:429"]["error"]
    assert "after 2 retries" in by_fault["status:500"]["error"]
    assert by_fault["ok"]["response"] == "Hello, world."


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("status:429", 1),  # the provider asked to wait: one waits for that, the others for it
        ("status:503", 4),  # all wait for their next attempt, or are on their way
        ("silent", 2),
        ("stall", 2),
    ],
)
def test_every_wait_can_be_interrupted(
    target: Session, server: OpenAIServer, model: str, sent: int
) -> None:
    (target.folder / "many.txt").write_text("\n".join(f"prompt {i}" for i in range(50)))
    running = target.start(
        "compare", f"target/{model}", "--prompts", "many.txt", "--concurrency", "2",
        "--max-retries", "50", "--first-token-timeout", "60", "--idle-timeout", "60",
        "--export", "json", "-o", "out.json",
    )  # fmt: skip
    deadline_s = time.monotonic() + 30
    while len(server.requests) < sent and time.monotonic() < deadline_s:
        time.sleep(0.02)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=20)
    assert (running.returncode, b"Traceback" in stderr, b"Error" in stderr) == (130, False, False)
    document = json.loads((target.folder / "out.json").read_text())
    assert document["complete"] is False
    assert len(document["results"]) <= 2
    assert {result["error_kind"] for result in document["results"]} == {"interrupted"}


@pytest.mark.parametrize("where", ["option", "file"])
def test_retries_can_be_turned_off(target: Session, server: OpenAIServer, where: str) -> None:
    arguments = ["--max-retries", "0"] if where == "option" else []
    if where == "file":
        with (target.folder / "modelforge.toml").open("a") as file:
            file.write("[compare]\nmax_retries = 0\n")
    done = target.run("compare", "target/once:500", "-p", "hi", "--export", "json", *arguments)
    assert [r["error_kind"] for r in _results(done.stdout)] == ["server_failed"]
    assert len(server.requests) == 1


def test_retries_are_shown(target: Session) -> None:
    (target.folder / "two.txt").write_text("one\ntwo\n")
    one = target.run("compare", "target/once:500", "-p", "hi")
    assert "retries" in one.stdout
    two = target.run("compare", "target/once:500", "--prompts", "two.txt")
    assert "sent again 2 times" in two.stdout
    none = target.run("compare", "target/ok", "-p", "hi")
    assert "retries" not in none.stdout


def test_python_turns_retries_off_too(server: OpenAIServer) -> None:
    address = {"MODELFORGE_PROVIDERS__TARGET__BASE_URL": server.base_url}
    registry = ModelForgeRegistry(load_configuration(environ=address))
    compare = ModelComparator(registry).compare
    (failed,) = asyncio.run(compare(["target/once:500"], "hi", max_retries=0))
    assert (failed.error_kind, failed.metrics.retries) == ("server_failed", 0)
    (answered,) = asyncio.run(compare(["target/once:409"], "hi", max_retries=1))
    assert (answered.error_kind, answered.metrics.retries) == (None, 1)


@pytest.mark.parametrize(
    "option", ["--max-retries=-1", "--first-token-timeout=0", "--idle-timeout=-2"]
)
def test_a_limit_that_makes_no_sense_is_refused(target: Session, option: str) -> None:
    done = target.run("compare", "target/ok", "-p", "hi", option)
    assert done.returncode == 2
    assert option.partition("=")[0] in done.stderr


# Each way in which the simulator can fail, what a comparison calls it and how often it asks again.
SIMULATED = {
    "429": ("rate_limited", 2),
    "500": ("server_failed", 2),
    "529": ("server_failed", 2),
    "error-midstream": ("server_failed", 0),
    "stall": ("timed_out", 0),
    "stall-midstream": ("timed_out", 0),
    "cut": ("stream_cut", 0),
    "malformed": ("malformed_response", 0),
    "slow-first-byte": (None, 0),
    "wrong-type": ("malformed_response", 0),
    "lying-chunk": ("stream_cut", 0),
    "reset": ("connection_failed", 2),
}


def test_every_fault_of_the_simulator_has_a_name_and_touches_nobody_else(target: Session) -> None:
    assert set(SIMULATED) == set(FAULT_KINDS)
    pauses = {"429": 0.1, "slow-first-byte": 0.2}
    profiles = [
        Profile(
            name=kind,
            tokens=Distribution(mean=8),
            itl_s=Distribution(mean=0.01),
            faults=(Fault(kind=kind, rate=1, seconds=pauses.get(kind)),),
        )
        for kind in FAULT_KINDS
    ]
    (target.folder / "five.txt").write_text("\n".join(f"prompt {i}" for i in range(5)))
    with SimulatorThread(models=profiles) as simulator:
        named = [f'[providers.{name}]\nbase_url = "{simulator.base_url}"' for name in SIMULATED]
        well = f'[providers.well]\nbase_url = "{simulator.base_url}"'
        (target.folder / "modelforge.toml").write_text("\n".join([*named, well]))
        done = target.run(
            "compare", *(f"{kind}/{kind}" for kind in SIMULATED), "well/fast",
            "--prompts", "five.txt", "--max-tokens", "8", "--export", "json", "--timeout", "20",
            "--first-token-timeout", "1.5", "--idle-timeout", "1.5",
        )  # fmt: skip
        sent = {name: truth["requests"] for name, truth in simulator.truth()["models"].items()}
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    found: dict[str, set[tuple[str | None, int]]] = {}
    for result in _results(done.stdout):
        name = result["model"]
        found.setdefault(name, set()).add((result["error_kind"], result["retries"]))
        if result["error_kind"] is None:
            assert (result["finish_reason"], result["completion_tokens"]) == ("length", 8)
        else:
            assert result["error"]
    assert found == {name: {end} for name, end in SIMULATED.items()} | {"fast": {(None, 0)}}
    for name, (_, retries) in SIMULATED.items():
        assert sent[name] >= 5 * (1 + retries)
    assert len(_results(done.stdout)) == 5 * (len(SIMULATED) + 1)
