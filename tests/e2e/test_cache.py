"""``--cache`` with the installed command against a real server that counts its requests."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Session
from tests.support.openai_server import OpenAIServer


@pytest.fixture
def kept(target: Session) -> Session:
    """A target with a cache folder of its own."""
    target.environment["XDG_CACHE_HOME"] = str(target.folder / "cache")
    return target


def _ask(shell: Session, *options: str, model: str = "target/ok") -> list[dict[str, Any]]:
    done = shell.run("compare", model, "-p", "hi", "--export", "json", *options)
    assert (done.returncode, done.stderr) == (0, "")
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return results


def _file(shell: Session) -> Path:
    return shell.folder / "cache" / "modelforge" / "answers" / "answers.sqlite3"


def test_nothing_is_kept_unless_asked_for(kept: Session, server: OpenAIServer) -> None:
    for _ in range(2):
        (result,) = _ask(kept)
        assert (result["cached"], result["cached_at"]) == (False, None)
    assert len(server.requests) == 2
    assert not _file(kept).exists()


def test_the_second_time_costs_nothing(kept: Session, server: OpenAIServer) -> None:
    (first,) = _ask(kept, "--cache")
    (again,) = _ask(kept, "--cache")
    assert len(server.requests) == 1
    assert again["response"] == first["response"] == "Hello, world."
    assert (first["cached"], again["cached"]) == (False, True)
    assert again["cached_at"].endswith("Z")
    assert (again["cost_usd"], again["cost_note"]) == ("0", "cached")
    for measured in ("latency_s", "first_token_s", "queued_s", "tokens_per_second"):
        assert first[measured] is not None
        assert again[measured] is None
    assert again["total_tokens"] == first["total_tokens"]


def test_every_door_to_it(kept: Session, server: OpenAIServer) -> None:
    _ask(kept, "--set", "cache.enabled=true")
    assert _ask(kept, "--cache")[0]["cached"]
    assert not _ask(kept, "--cache", "--no-cache")[0]["cached"]
    assert not _ask(kept, "--refresh")[0]["cached"]
    assert len(server.requests) == 3
    with (kept.folder / "modelforge.toml").open("a") as file:
        file.write("[cache]\nenabled = true\n")
    assert _ask(kept)[0]["cached"]
    assert not _ask(kept, "--no-cache")[0]["cached"]
    done = kept.run("compare", "target/ok", "-p", "hi", "--refresh", "--no-cache")
    assert (done.returncode, done.stdout) == (2, "")
    assert "contradict" in done.stderr


def test_what_decides_an_answer_decides_a_hit(kept: Session, server: OpenAIServer) -> None:
    _ask(kept, "--cache")
    different = [
        ("--temperature", "1"), ("--max-tokens", "5"), ("--seed", "1"), ("--no-stream",),
        ("--system", "x"), ("--param", "top_k=1"), ("--stop", "END"), ("--top-p", "0.5"),
        ("--set", "providers.target.headers.X-Team=a"),
    ]  # fmt: skip
    for options in different:
        assert not _ask(kept, "--cache", *options)[0]["cached"], options
        assert _ask(kept, "--cache", *options)[0]["cached"], options
    assert not _ask(kept, "--cache", model="target/echo")[0]["cached"]
    twice = _ask(kept, "--cache", "--repeats", "2")
    assert {result["repeat"]: result["cached"] for result in twice} == {0: True, 1: False}
    with OpenAIServer() as other:
        moved = _ask(kept, "--cache", "--set", f"providers.target.base_url={other.base_url}")
    assert not moved[0]["cached"]


def test_the_key_that_pays_is_no_part_of_it(kept: Session, server: OpenAIServer) -> None:
    with (kept.folder / "modelforge.toml").open("a") as file:
        file.write('api_key_env = "TARGET_KEY"\n')
    for key, cached in (("sk-secret-one-1", False), ("sk-secret-two-2", True)):
        kept.environment["TARGET_KEY"] = key
        assert _ask(kept, "--cache", model="target/echo-reason")[0]["cached"] is cached
    stored = b"".join(path.read_bytes() for path in _file(kept).parent.iterdir())
    assert b"redacted" in stored
    assert b"secret" not in stored


def test_failures_are_asked_again(kept: Session, server: OpenAIServer) -> None:
    for model in ("target/status:500", "target/cut", "target/stall"):
        server.requests.clear()
        for _ in range(2):
            done = kept.run("compare", model, "-p", "hi", "--cache", "--timeout", "0.5")
            assert done.returncode == 1
        assert len(server.requests) >= 2, model


def test_it_is_said_on_the_screen_and_in_every_export(kept: Session) -> None:
    _ask(kept, "--cache")
    shown = kept.run("compare", "target/ok", "-p", "hi", "--cache").stdout
    assert "cached" in shown
    assert "asked on 20" in shown
    assert "latency" not in shown
    summary = kept.run("compare", "target/ok", "-p", "hi", "--cache", "--show", "0").stdout
    assert "1 of 1 answers cached" in " ".join(summary.split())
    text = kept.run("compare", "target/ok", "-p", "hi", "--cache", "--export", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["cached"], row["latency_s"], row["cost_usd"]) == ("true", "", "0")
    markdown = kept.run("compare", "target/ok", "-p", "hi", "--cache", "--export", "markdown")
    assert "| cached |" in markdown.stdout
    assert "1 of 1 answers cached" in markdown.stdout


def test_two_processes_at_once(kept: Session, server: OpenAIServer) -> None:
    (kept.folder / "many.txt").write_text("\n".join(f"prompt {i}" for i in range(60)))
    command = ("compare", "target/ok", "--prompts", "many.txt", "--cache", "--export", "jsonl")
    running = [kept.start(*command) for _ in range(2)]
    for process in running:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
        assert len(out.splitlines()) == 60
    asked = len(server.requests)
    assert kept.run(*command).stdout.count('"cached": true') == 60
    assert len(server.requests) == asked


def test_a_broken_file_is_one_warning(kept: Session, server: OpenAIServer) -> None:
    _file(kept).parent.mkdir(parents=True)
    _file(kept).write_bytes(b"no database at all" * 1000)
    command = ("compare", "target/ok", "-p", "hi", "--repeats", "3", "--cache", "--quiet")
    done = kept.run(*command)
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "cache" in done.stderr
    assert kept.run("cache", "info").returncode == 1
    assert kept.run("cache", "clear").returncode == 0
    assert kept.run(*command).stderr == ""
    assert "answers  3" in kept.run("cache", "info").stdout


def test_a_folder_that_cannot_be_written_is_one_warning(kept: Session) -> None:
    # Holds for root too, who may write everywhere else.
    done = kept.run(
        "compare", "target/ok", "-p", "hi", "--repeats", "2", "--cache",
        "--set", "cache.folder=/proc/answers",
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "/proc/answers" in done.stderr


def test_its_size_is_bounded(kept: Session) -> None:
    for number in range(8):
        _ask(
            kept, "--cache", "--set", "cache.max_mb=1", model=f"target/one-line:{200_000 + number}"
        )
    state = json.loads(kept.run("cache", "info", "--json", "--set", "cache.max_mb=1").stdout)
    assert 2 <= state["answers"] < 8
    assert state["size_bytes"] <= state["max_bytes"] == 1_000_000
    assert _file(kept).stat().st_size <= 1_100_000


def test_info_and_clear(kept: Session, server: OpenAIServer) -> None:
    assert "answers  0" in kept.run("cache", "info").stdout
    assert not _file(kept).exists()
    _ask(kept, "--cache")
    assert _file(kept).stat().st_mode & 0o777 == 0o600
    done = kept.run("cache", "clear")
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 answer cleared" in done.stderr
    assert not _ask(kept, "--cache")[0]["cached"]
    assert len(server.requests) == 2
