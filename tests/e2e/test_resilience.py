"""Servers that refuse, fail and fall silent, on a real socket."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    "option", ["--max-retries=-1", "--first-token-timeout=0", "--idle-timeout=-2"]
)
def test_a_limit_that_makes_no_sense_is_refused(target: Session, option: str) -> None:
    done = target.run("compare", "target/ok", "-p", "hi", option)
    assert done.returncode == 2
    assert option.partition("=")[0] in done.stderr
