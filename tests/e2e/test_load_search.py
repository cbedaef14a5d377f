"""``modelforge benchmark --sweep`` and ``--find-max``, installed, against the simulator."""

from __future__ import annotations

import json
import signal

import pytest

from tests.support.command import Session
from tests.support.openai_server import OpenAIServer, by_model

# Short probes, and content with a rough answer: what is tested here is the way, not the figure.
FIND = (
    "benchmark", "sim/batch", "--find-max", "--rate", "32", "--arrival", "constant",
    "--slo", "ttft=250ms@p90", "--tolerance", "1", "--duration", "1s", "--warmup", "1",
    "--synthetic", "64:16",
)  # fmt: skip


def test_the_highest_load_that_holds(shell: Session) -> None:
    done = shell.run(*FIND, "--export", "json", timeout_s=110)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "modelforge.benchmark.find-max/1"
    assert found["unit"] == "requests/s"
    assert found["probes"][0]["load"] == 32
    assert found["estimate"] is None or found["interval"]["low"] <= found["estimate"]
    assert "32 requests/s" in done.stderr


def test_the_saturation_point(shell: Session) -> None:
    done = shell.run(
        "benchmark", "sim/batch", "--sweep", "--concurrency", "16", "--duration", "1s",
        "--warmup", "1", "--synthetic", "64:16", "-o", "sweep.json", timeout_s=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((shell.folder / "sweep.json").read_text())
    loads = [probe["load"] for probe in found["probes"]]
    assert loads[:2] == sorted(loads[:2])
    assert loads[0] == 16
    assert len(done.stdout.splitlines()) >= len(loads)


def test_no_more_clients_are_tried_than_there_are_connections(shell: Session) -> None:
    # The others would wait for one here, and that would look like a server that is saturated.
    done = shell.run(
        "benchmark", "sim/fast", "--sweep", "--max-connections", "3", "--duration", "200ms",
        "--warmup", "0", "--synthetic", "9:4", "--export", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert max(probe["load"] for probe in found["probes"]) <= 3


@pytest.mark.parametrize("search", [("--find-max", "--slo", "ttft=1s"), ("--sweep",)])
def test_a_server_that_refuses_everything_has_no_limit(
    shell: Session, search: tuple[str, ...]
) -> None:
    with OpenAIServer(handler=by_model) as server:
        done = shell.run(
            "benchmark", "target/status:429", *search, "--concurrency", "2", "--duration", "200ms",
            "--warmup", "1", "--synthetic", "9:4", "--set",
            f"providers.target.base_url={server.base_url}",
        )  # fmt: skip
    assert done.returncode == 1
    assert "no request was answered: rate_limited" in done.stdout
    assert "saturated" not in done.stdout
    assert "failed (rate_limited" in done.stderr


@pytest.mark.parametrize("search", ["--find-max", "--sweep"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_search_that_is_stopped_tells_what_was_tried(
    shell: Session, search: str, number: signal.Signals
) -> None:
    command = shell.start(
        "benchmark", "sim/batch", search, "--rate", "4", "--arrival", "constant",
        *(("--slo", "ttft=250ms@p90") if search == "--find-max" else ()),
        "--duration", "1s", "--warmup", "1", "--synthetic", "64:16", "-o", "found.json",
    )  # fmt: skip
    assert command.stderr is not None
    first = command.stderr.readline()
    command.send_signal(number)
    _, rest = command.communicate(timeout=60)
    assert command.returncode == 128 + number, rest
    assert b"4 requests/s" in first
    assert b"Traceback" not in rest
    found = json.loads((shell.folder / "found.json").read_text())
    assert found["note"].startswith("interrupted after ")
    assert found["probes"][0]["load"] == 4


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sim/batch", "--find-max"], "--slo"),
        (["sim/batch", "--tolerance", "0.1"], "--find-max"),
        (["sim/batch", "--sweep", "--tolerance", "0.1"], "--find-max"),
        (["sim/batch", "sim/fast", "--tolerance", "0.1"], "--tolerance"),
        (["sim/batch", "--find-max", "--sweep", "--slo", "ttft=1s@p99"], "exclude each other"),
        (["--sweep"], "no model"),
        (["sim/batch", "--sweep", "--requests", "5"], "--requests"),
        (["sim/batch", "--sweep", "--export", "csv"], "json"),
        (["sim/batch", "--sweep", "-o", "no/such/folder.json"], "no directory no/such"),
        (["sim/batch", "--sweep", "-o", "sweep.txt"], "--export json"),
        (["sim/batch", "--find-max", "--slo", "ttft=1s@p0"], "not 0"),
    ],
)
def test_what_makes_no_sense_is_one_line(shell: Session, arguments: list[str], said: str) -> None:
    done = shell.run("benchmark", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
