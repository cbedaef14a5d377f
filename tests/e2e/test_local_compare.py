"""Two real models on this CPU, from the command a person types."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.command import COMMAND, Session
from tests.support.local_weights import ensure_weights

MODELS = ("smollm2-135m", "gemma-3-270m")


@pytest.fixture
def fetched(shell: Session) -> Session:
    """A session whose cache holds both models."""
    weights = [ensure_weights(name) for name in MODELS]
    shell.environment["XDG_CACHE_HOME"] = str(weights[0].parents[3])
    return shell


def _children_of(marker: str) -> list[int]:
    """The server processes whose command line holds ``marker``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue  # it has ended meanwhile
            if "server_main" in line and marker in line:
                found.append(int(folder.name))
    return found


def _wait_until_gone(processes: list[int], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < deadline, "a server outlived its parent"
        time.sleep(0.05)


def test_the_demo_ends_with_how_sure_it_is(fetched: Session) -> None:
    path = f"{Path(COMMAND).parent}:{fetched.environment['PATH']}"
    done = subprocess.run(
        ["sh", Path(__file__).parents[2] / "demo.sh"],
        cwd=fetched.folder,
        env={**fetched.environment, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "prompt 1" in done.stdout
    assert "how sure · 95 % intervals · 8 prompts" in done.stdout
    assert done.stdout.index("Next, with") > done.stdout.index("p = ")


def test_two_real_models_answer(fetched: Session) -> None:
    done = fetched.run(
        "test", "--compare", "local/smollm2-135m,local/gemma-3-270m",
        "--prompt", "What is the capital of France?", "--max-tokens", "24", "--export", "json",
        timeout_s=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert sorted(result["model"] for result in results) == sorted(MODELS)
    for result in results:
        assert "Paris" in result["response"]
        assert result["prompt_tokens"] > 0
        assert 0 < result["completion_tokens"] <= 24
        assert 0 < result["first_token_s"] <= result["latency_s"]
        assert result["cost_usd"] is None
        assert "this machine" in result["cost_note"]


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_the_command(
    fetched: Session, tmp_path: Path, number: signal.Signals
) -> None:
    copy = tmp_path / f"model-{number}.gguf"
    copy.hardlink_to(ensure_weights("smollm2-135m"))
    running = subprocess.Popen(
        [COMMAND, "compare", f"local/{copy}", "-p", "Count to a thousand.", "--max-tokens", "4000",
         "--verbose"],
        cwd=fetched.folder, env=fetched.environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert running.stderr is not None
    while b"POST" not in running.stderr.readline():  # the server runs and has been asked
        assert running.poll() is None
    servers = _children_of(str(copy))
    assert servers
    running.send_signal(number)
    stdout, stderr = running.communicate(timeout=30)
    _wait_until_gone(servers)
    assert b"Traceback" not in stderr
    if number is not signal.SIGKILL:
        assert running.returncode == 128 + number
        assert b"interrupted" in stdout


def test_missing_weights_are_named_and_nothing_is_fetched_unasked(shell: Session) -> None:
    shell.environment["XDG_CACHE_HOME"] = str(shell.folder / "cache")
    done = shell.run("compare", "local/smollm2-135m", "-p", "hi")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    for words in ("local/smollm2-135m", "93 MB", "Apache-2.0", "--yes", "modelforge models pull"):
        assert words in line


def test_models_are_listed_with_their_state(fetched: Session) -> None:
    listed = json.loads(fetched.run("models", "list", "--json").stdout)
    assert {model["id"]: model["fetched"] for model in listed} == {
        f"local/{name}": True for name in MODELS
    }
    shown = fetched.run("models", "list").stdout
    assert "base model" in " ".join(shown.split())
    pulled = fetched.run("models", "pull", "smollm2-135m")
    assert pulled.stderr.startswith("already here: local/smollm2-135m")
    unknown = fetched.run("models", "pull", "smollm")
    assert unknown.returncode == 2
    assert "smollm2-135m" in unknown.stderr
