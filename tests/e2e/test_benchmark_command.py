"""``modelforge benchmark``, installed, against the simulator and a scripted server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from modelforge.export.benchmark_schema import BenchmarkDocument
from tests.support.command import COMMAND, Session
from tests.support.openai_server import BEHAVIOURS, Connection, OpenAIServer

# A busy machine may spoil the figures; what is tested here are not they.
RUN = ("benchmark", "sim/fast", "--requests", "5", "--allow-invalid")
LONG = ("benchmark", "sim/steady", "--concurrency", "4", "--duration", "60s", "--warmup", "0")


def document(shell: Session, *arguments: str, code: int = 0) -> dict[str, Any]:
    """The JSON export of a run, which keeps to its schema."""
    done = shell.run("benchmark", *arguments, "--export", "json", "--allow-invalid")
    assert done.returncode == code, done.stderr
    BenchmarkDocument.model_validate_json(done.stdout)
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def until(condition: Callable[[], bool], *, patience_s: float = 30) -> None:
    """Wait for ``condition``."""
    end_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def workers_of(pid: int) -> list[int]:
    """The worker processes of a command."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"modelforge.wire.worker_main" in command and int(parent) == pid:
            found.append(int(folder.name))
    return found


def is_gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def test_it_prints_a_report_and_says_where_the_records_are(shell: Session) -> None:
    done = shell.run(*RUN)
    assert done.returncode == 0, done.stderr
    assert "benchmark · sim/fast" in done.stdout
    assert "TTFT" in done.stdout
    path = Path(done.stderr.rpartition("records in ")[2].strip())
    assert path.is_file()
    assert path.is_relative_to(shell.environment["HOME"])


def test_quiet_says_nothing_on_stderr(shell: Session) -> None:
    done = shell.run(*RUN, "--quiet")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_json_is_of_its_schema(shell: Session) -> None:
    found = document(
        shell, "sim/fast", "--requests", "12", "--slo", "ttft=10s,itl=10s", "--warmup", "3"
    )
    assert found["schema"] == "modelforge.benchmark/1"
    assert found["requests"] == {
        "total": 12,
        "successful": 12,
        "failed": 0,
        "warmup": 3,
        "cooldown": 0,
        "broken_off": 0,
        "unsent": 0,
    }
    assert found["slo"]["good_requests"] == 12
    assert found["recording"] == {"complete": True, "loss": None, "missing_requests": 0}
    assert found["plan"]["path"] == "wire"


@pytest.mark.parametrize(
    ("arguments", "described"),
    [
        (("--concurrency", "3", "--requests", "9"), "closed loop, concurrency 3"),
        (("--rate", "200", "--requests", "9"), "open loop, Poisson, 200 requests/s"),
        (
            ("--rate", "200", "--requests", "9", "--arrival", "constant"),
            "open loop, constant, 200 requests/s",
        ),
        (
            ("--rate", "200", "--requests", "9", "--burstiness", "0.5"),
            "open loop, gamma, 200 requests/s, burstiness 0.5",
        ),
        (
            ("--ramp", "50:200:100ms", "--requests", "9", "--arrival", "constant"),
            "open loop, ramp, constant, 50 to 200 requests/s within 0.1 s",
        ),
        (
            ("--steps", "60:100ms,30:100ms", "--arrival", "constant"),
            "open loop, steps, constant: 60 requests/s for 0.1 s, 30 requests/s for 0.1 s",
        ),
        (("--preset", "latency", "--requests", "9"), "closed loop, concurrency 1"),
    ],
)
def test_every_load(shell: Session, arguments: tuple[str, ...], described: str) -> None:
    found = document(shell, "sim/fast", "--warmup", "0", *arguments)
    assert found["plan"]["load"] == described
    assert found["requests"]["successful"] == found["requests"]["total"] == 9


def test_several_workers_ask_each_request_once(shell: Session) -> None:
    found = document(
        shell, "sim/fast", "--requests", "30", "--concurrency", "4", "--workers", "2",
    )  # fmt: skip
    assert found["requests"]["total"] == 30
    assert found["client"]["workers"] == 2


def test_a_trace_is_replayed_with_its_lengths(shell: Session) -> None:
    rows = [
        {"timestamp": at, "input_length": 20, "output_length": 7, "hash_ids": [1]}
        for at in (0, 100, 200)
    ]
    (shell.folder / "trace.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = document(shell, "sim/fast", "--trace", "trace.jsonl", "--speed-up", "4")
    assert found["requests"]["total"] == 3
    assert found["tokens"]["prompt"] == 60


def test_prompts_of_several_files(target: Session, server: OpenAIServer) -> None:
    (target.folder / "a.txt").write_text("one\n")
    (target.folder / "b.txt").write_text("two\n")
    done = target.run(
        "benchmark", "target/ok", "--requests", "20", "--warmup", "0", "--allow-invalid",
        "--prompts", "a.txt=0.75", "--prompts", "b.txt=0.25", "--max-tokens", "9", "-q",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    asked = [request.prompt for request in server.requests]
    assert set(asked) == {"one", "two"}
    assert asked.count("one") > asked.count("two")
    assert server.requests[0].body["max_tokens"] == 9


@pytest.mark.parametrize(
    "option", [("--prompt-field", "question"), ("--template", "{{ question }}")]
)
def test_the_rows_of_a_dataset(
    target: Session, server: OpenAIServer, option: tuple[str, str]
) -> None:
    rows = [{"question": text, "answer": "no"} for text in ("one", "two")]
    (target.folder / "asked.jsonl").write_text("\n".join(map(json.dumps, rows)))
    run = ("benchmark", "target/ok", "--requests", "4", "--warmup", "0", "-q", "--allow-invalid")
    done = target.run(*run, "--prompts", "asked.jsonl", *option)
    assert done.returncode == 0, done.stderr
    assert {request.prompt for request in server.requests} == {"one", "two"}
    refused = target.run(*run, "-p", "hi", *option)
    assert refused.returncode == 2
    assert "--prompts" in refused.stderr


def test_conversations_wait_for_their_answers(target: Session, server: OpenAIServer) -> None:
    (target.folder / "talk.jsonl").write_text(json.dumps({"turns": ["first", "second"]}))
    done = target.run(
        "benchmark", "target/ok", "--requests", "1", "--warmup", "0",
        "--conversations", "talk.jsonl", "-q", "--allow-invalid",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = [message["content"] for message in server.requests[1].body["messages"]]
    assert said == ["first", "Hello, world.", "second"]


def test_runs_are_reported_each_and_as_a_whole(shell: Session) -> None:
    found = document(shell, "sim/fast", "--requests", "6", "--runs", "2")
    assert found["requests"]["total"] == 12
    assert [run["requests"]["total"] for run in found["runs"]] == [6, 6]
    done = shell.run(*RUN, "--runs", "2")
    assert "spread" in done.stdout


def test_the_report_goes_to_a_file(shell: Session) -> None:
    for name, begins in (("r.json", "{"), ("r.csv", "schema,"), ("r.md", "# Benchmark")):
        done = shell.run(*RUN, "-o", name)
        assert done.returncode == 0, done.stderr
        assert "report in " in done.stderr
        assert (shell.folder / name).read_text().startswith(begins)


def test_records_are_reported_again(shell: Session) -> None:
    first = document(shell, "sim/fast", "--requests", "7", "--records", "r.arrows")
    again = document(shell, "--from-records", "r.arrows", "--slo", "e2e=1m")
    assert again["ttft_ms"] == first["ttft_ms"]
    assert again["slo"]["good_requests"] == 7


def test_test_is_a_door_to_it(shell: Session) -> None:
    done = shell.run("test", "--benchmark", "sim/fast", "--requests", "3", "-q", "--allow-invalid")
    assert done.returncode == 0, done.stderr
    assert "TTFT" in done.stdout


def test_a_replay_is_asked_through_the_port(shell: Session) -> None:
    (shell.folder / "said.jsonl").write_text(json.dumps({"prompt": "hi", "response": "Hello."}))
    found = document(shell, "replay/said.jsonl", "--prompt", "hi", "--requests", "3")
    assert found["requests"]["successful"] == 3
    assert "slow_path" in [note["code"] for note in found["verdict"]["notes"]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no model"),
        (("nonsense",), "not a model"),
        (("nobody/x", "--requests", "1"), "unknown provider"),
        (("sim/nobody", "--requests", "1"), "no profile"),
        (("sim/fast", "--concurrency", "2"), "would never end"),
        (("sim/fast", "--preset", "nope"), "no preset"),
        (("sim/fast", "--concurrency", "2", "--rate", "3", "--requests", "1"), "exclude"),
        (("sim/fast", "--prompt", "a", "--synthetic", "5:5", "--requests", "1"), "exclude"),
        (("sim/fast", "--requests", "0"), "at least 1"),
        (("sim/fast", "--requests", "1", "--concurrency", "0"), "at least 1"),
        (("sim/fast", "--requests", "1", "--warmup", "-1"), "at least 0"),
        (("sim/fast", "--rate", "nan", "--requests", "1"), "nan"),
        (("sim/fast", "--duration", "30"), "not a duration"),
        (("sim/fast", "--duration", "-1s"), "not a duration"),
        (("sim/fast", "--ramp", "1:2", "--requests", "1"), "FROM:TO:TIME"),
        (("sim/fast", "--steps", "1:x", "--requests", "1"), "RATE:TIME"),
        (("sim/fast", "--arrival", "constant", "--requests", "1"), "--rate"),
        (("sim/fast", "--workers", "3", "--concurrency", "2", "--requests", "9"), "workers"),
        (("sim/fast", "--slo", "ttft=5", "--requests", "1"), "SLO"),
        (("sim/fast", "--prompts", "empty.txt", "--requests", "1"), "no prompt"),
        (("sim/fast", "--prompts", "missing.txt", "--requests", "1"), "no such file"),
        (("sim/fast", "--trace", "missing.csv"), "cannot read"),
        (("sim/fast", "--trace", "trace.csv", "--speed-up", "0"), "the speed-up must be"),
        (("sim/fast", "--prompts", "trace.csv=0", "--requests", "1"), "a weight must be"),
        (("sim/fast", "--requests", "1", "-o", "no/where.json"), "no directory"),
        (("sim/fast", "--requests", "1", "-o", "r.xyz"), "names no format"),
        (("sim/fast", "--requests", "1", "--records", "no/where"), "no directory"),
        (("--from-records", "empty.txt"), "empty.txt is empty"),
        (("--from-records", "missing.arrows"), "cannot read"),
        (("--from-records", "empty.txt", "--requests", "1"), "sends nothing"),
        (("--from-records", "empty.txt", "--sweep"), "leave --sweep out"),
        (("--from-records", "empty.txt", "--margin", "5%"), "--margin is of several models"),
        (("--from-records", "empty.txt", "--from-records", "./empty.txt"), "named twice"),
        (("sim/fast", "--requests", "1", "--records", "-"), "a regular file"),
        (("sim/fast", "--requests", "1", "--records", "/dev/null"), "a regular file"),
        (("sim/fast", "--sweep", "--runs", "3"), "--runs has no effect on a search"),
        (("sim/fast", "--sweep", "--exclude-warm-up"), "--exclude-warm-up has no effect"),
        (("sim/fast", "--sweep", "--margin", "5%"), "--margin is of several models"),
        (("sim/fast", "--trace", "trace.csv", "--ignore-eos"), "leave --ignore-eos out"),
        (("sim/fast", "--synthetic", "9:9", "--ignore-eos"), "leave --ignore-eos out"),
        (
            ("sim/fast", "--requests", "1", "--conversations", "talk.jsonl", "--count", "usage"),
            "leave --count out",
        ),
    ],
)
def test_bad_input_is_one_line_and_exits_with_2(
    shell: Session, arguments: tuple[str, ...], said: str
) -> None:
    (shell.folder / "empty.txt").write_text("")
    trace = "TIMESTAMP,ContextTokens,GeneratedTokens,prompt\n2023-11-16 18:17:03.9,5,2,hi\n"
    (shell.folder / "trace.csv").write_text(trace)
    (shell.folder / "talk.jsonl").write_text('{"turns": ["a", "b"]}')
    done = shell.run("benchmark", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("model", "kind", "said"),
    [
        ("status:401", "authentication_failed", "401"),
        ("status:404", "request_refused", "404"),
        ("html", "malformed_response", "text/html"),
        ("no-content", "empty_response", "204"),
        ("redirect", "request_refused", "30"),
    ],
)
def test_what_cannot_pass_is_named_in_the_report_and_soon_given_up(
    target: Session, server: OpenAIServer, model: str, kind: str, said: str
) -> None:
    done = target.run("benchmark", f"target/{model}", "--requests", "500", "--export", "json")
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["errors"] == {kind: 50}
    assert [note["code"] for note in found["verdict"]["notes"]] == ["gave_up"]
    assert f"{kind}: " in done.stderr
    assert said in done.stderr
    assert len(server.requests) == 55


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:9/v1", "refused"),
        ("http://nobody.invalid/v1", "nobody.invalid"),
    ],
)
@pytest.mark.parametrize("load", [("-n", "5", "-c", "2"), ("--rate", "50", "--duration", "1h")])
def test_who_cannot_be_reached_is_named_in_the_report(
    shell: Session, url: str, said: str, load: tuple[str, ...]
) -> None:
    done = shell.run(
        "benchmark", "target/x", *load, "--set", f"providers.target.base_url={url}", "-o", "r.json"
    )
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    found = json.loads((shell.folder / "r.json").read_text())
    assert found["errors"] == {"connection_failed": found["requests"]["total"]}
    assert found["requests"]["total"] == (5 if load[0] == "-n" else 50)


def test_no_tls_is_named_in_the_report(shell: Session, server: OpenAIServer) -> None:
    url = server.base_url.replace("http:", "https:")
    done = shell.run(
        "benchmark", "target/x", "--requests", "2", "--timeout", "500ms", "--export", "json", "-q",
        "--set", f"providers.target.base_url={url}",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["errors"] == {"timed_out": 2}
    assert done.stderr.startswith("timed_out: no connection to ")
    assert done.stderr.count("\n") == 1


def test_a_file_without_certificates_is_one_line(shell: Session) -> None:
    (shell.folder / "no.pem").write_text("no certificate\n")
    done = shell.run(
        "benchmark", "target/x", "--requests", "5",
        "--set", "providers.target.base_url=https://127.0.0.1:9/v1",
        env={"SSL_CERT_FILE": "no.pem"},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "SSL_CERT_FILE names no.pem, which cannot be used" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_answer_in_one_piece_has_no_first_token(target: Session) -> None:
    found = document(target, "target/ignores-stream", "--requests", "5", "--slo", "ttft=20s")
    assert found["requests"]["successful"] == 5
    assert found["tokens"]["completion"] > 5
    for measure in ("ttft_ms", "itl_ms", "tpot_ms", "stream_output_tokens_per_s"):
        assert found[measure]["count"] == 0, measure
    assert found["e2e_ms"]["count"] == 5
    assert found["slo"]["good_requests"] == 0
    assert "no_first_token" in [note["code"] for note in found["verdict"]["notes"]]


def test_all_requests_failed_exits_with_1(target: Session) -> None:
    done = target.run("benchmark", "target/status:500", "--requests", "4", "--warmup", "0")
    assert done.returncode == 1
    assert "INVALID" in done.stdout
    assert "server_failed" in done.stderr


def test_a_proxy_is_not_gone_through(shell: Session) -> None:
    done = shell.run(
        "benchmark", "target/x", "--requests", "5",
        "--set", "providers.target.base_url=http://models.example/v1",
        env={"http_proxy": "http://127.0.0.1:9", "no_proxy": "", "NO_PROXY": ""},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "NO_PROXY=models.example" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_key_is_in_no_record_and_no_message(target: Session) -> None:
    with (target.folder / "modelforge.toml").open("a") as file:
        file.write('api_key_env = ["TARGET_KEY"]\n')
    secret = "sk-a-secret-of-some-length"
    for model in ("status:401", "ok"):
        done = target.run(
            "benchmark", f"target/{model}", "--requests", "3", "--records", "r.arrows", "-v",
            env={"TARGET_KEY": secret},
        )  # fmt: skip
        assert secret not in done.stdout + done.stderr
    assert secret.encode() not in (target.folder / "r.arrows").read_bytes()


def test_closed_stdout_is_one_line(shell: Session) -> None:
    done = shell.run_in_shell('exec "$@" >&-', *RUN)
    assert done.returncode == 2
    assert "standard output is closed" in done.stderr


def test_a_killed_command_leaves_its_records_and_no_orphan(
    target: Session, server: OpenAIServer
) -> None:
    command = target.start(
        "benchmark", "target/slow:20", "--concurrency", "4", "--duration", "60s", "--warmup", "0",
        "--records", "r.arrows", "-q",
    )  # fmt: skip
    records = target.folder / "r.arrows"
    until(lambda: records.exists() and records.stat().st_size > 8000)
    answered = len(server.requests) - server.in_flight
    time.sleep(3)  # records are on disk after a second
    workers = workers_of(command.pid)
    assert len(workers) == 1
    command.kill()
    command.communicate()
    until(lambda: all(map(is_gone, workers)))
    found = document(target, "--from-records", "r.arrows")
    assert found["requests"]["successful"] >= answered > 0
    assert found["verdict"]["status"] != "VALID"
    codes = [reason["code"] for reason in found["verdict"]["reasons"]]
    assert "cut_short" in codes or "recording_cut" in codes
    assert found["recording"]["missing_requests"] in range(1, 5)


def test_a_killed_worker_is_said_to_be_lost(target: Session, server: OpenAIServer) -> None:
    command = target.start(
        "benchmark", "target/slow:20", "--concurrency", "4", "--workers", "2", "--duration", "6s",
        "--warmup", "0", "--records", "r.arrows",
    )  # fmt: skip
    records = target.folder / "r.arrows"
    until(lambda: records.exists() and records.stat().st_size > 8000)
    answered = len(server.requests) - server.in_flight
    time.sleep(3)
    workers = workers_of(command.pid)
    os.kill(workers[0], signal.SIGKILL)
    output, _ = command.communicate(timeout=60)
    assert command.returncode == 3
    assert b"worker_lost" in output
    assert all(map(is_gone, workers))
    found = document(target, "--from-records", "r.arrows")
    assert found["requests"]["successful"] >= answered > 0
    assert found["recording"]["missing_requests"] >= 1
    assert "under way at the last word" in found["verdict"]["reasons"][0]["message"]


def test_a_run_whose_only_worker_was_killed_is_invalid(
    target: Session, server: OpenAIServer
) -> None:
    command = target.start(
        "benchmark", "target/slow:20", "--concurrency", "2", "--duration", "60s", "--warmup", "0",
        "--records", "r.arrows",
    )  # fmt: skip
    records = target.folder / "r.arrows"
    until(lambda: records.exists() and records.stat().st_size > 8000)
    os.kill(workers_of(command.pid)[0], signal.SIGKILL)
    output, _ = command.communicate(timeout=60)
    assert command.returncode == 3
    assert b"worker_lost" in output
    assert b"cut_short" not in output
    again = target.run("benchmark", "--from-records", "r.arrows")
    assert again.returncode == 3
    assert "worker_lost" in again.stdout


def test_connections_that_this_machine_has_not_are_not_the_servers_fault(target: Session) -> None:
    """Of an open loop: what cannot be opened fails, and the run says whose fault it is."""
    limited = subprocess.run(
        [
            "sh", "-c", 'ulimit -n 96; exec "$@"', "sh", COMMAND, "benchmark",
            "target/slow:800", "--rate", "150", "--duration", "2s", "--warmup", "0", "--export",
            "json", "-q",
        ],
        cwd=target.folder, env=target.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert limited.returncode == 3, limited.stderr
    found = json.loads(limited.stdout)
    assert found["errors"]["connection_failed"] > 0
    assert "no_connections" in {reason["code"] for reason in found["verdict"]["reasons"]}


def test_a_stalled_server_shows_from_when_requests_were_due(shell: Session) -> None:
    freed = asyncio.Event()

    async def stalled(connection: Connection) -> None:
        await asyncio.wait_for(freed.wait(), 30)
        await BEHAVIOURS["ok"](connection, "")

    async def first(connection: Connection) -> None:
        if len(server.requests) == 1:
            asyncio.get_running_loop().call_later(2.0, freed.set)
        await stalled(connection)

    with OpenAIServer(handler=first) as server:
        found = document(
            shell, "target/any", "--rate", "50", "--arrival", "constant", "--duration", "2s",
            "--warmup", "0", "--max-connections", "2", "-p", "hi",
            "--set", f"providers.target.base_url={server.base_url}",
        )  # fmt: skip
    assert found["requests"]["successful"] == 100
    # Half of what was due in two seconds waited for one or more; only two had been sent.
    assert found["e2e_from_due_ms"]["p50"] >= 900
    assert found["ttft_from_due_ms"]["mean"] - found["ttft_ms"]["mean"] >= 500
    assert "schedule_lag" in [reason["code"] for reason in found["verdict"]["reasons"]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
def test_a_full_disk_is_one_line(shell: Session) -> None:
    run = ("benchmark", "sim/fast", "--concurrency", "2", "--duration", "30s", "-q")
    done = shell.run_in_shell('ulimit -f 16; exec "$@"', *run, "--records", "r.arrows")
    assert done.returncode == 1
    assert "cannot write more records to r.arrows: File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    report = shell.run(*RUN, "-q", "-o", "/dev/full", "--export", "json")
    assert report.returncode == 1
    assert "--from-records" in report.stderr
    assert len(report.stderr.splitlines()) == 1


def test_records_that_cannot_be_written_are_refused_at_once(shell: Session) -> None:
    done = shell.run(*RUN, "--records", "/proc/here.arrows")
    assert done.returncode == 2
    assert "cannot write the records to /proc/here.arrows" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("whom", "others"), [("command", ()), ("worker", ()), ("command", ("target/slow:21",))]
)
def test_who_was_stopped_is_said(shell: Session, whom: str, others: tuple[str, ...]) -> None:
    with OpenAIServer() as server:
        command = shell.start(
            "benchmark", "target/slow:20", *others, "--concurrency", "2", "--duration", "2s",
            "--warmup", "0", "--records", "r.arrows", "-q", "--allow-invalid",
            "--set", f"providers.target.base_url={server.base_url}",
        )  # fmt: skip
        records = shell.folder / "r.arrows"
        until(lambda: records.exists() and records.stat().st_size > 8000)
        pid = command.pid if whom == "command" else workers_of(command.pid)[0]
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(pid, signal.SIGCONT)
        command.communicate(timeout=60)
    found = document(shell, "--from-records", "r.arrows")
    codes = [reason["code"] for reason in found["verdict"]["reasons"]]
    assert ("parent_stopped" if whom == "command" else "client_stopped") in codes


def test_ctrl_c_stops_sending_and_reports(shell: Session) -> None:
    command = shell.start(*LONG, "--records", "r.arrows")
    records = shell.folder / "r.arrows"
    until(lambda: records.exists() and records.stat().st_size > 8000)
    command.send_signal(signal.SIGINT)
    output, errors = command.communicate(timeout=60)
    assert command.returncode == 130
    assert b"TTFT" in output
    assert b"stopping" in errors
    assert b"Traceback" not in errors
    found = document(shell, "--from-records", "r.arrows")
    notes = {note["code"]: note["message"] for note in found["verdict"]["notes"]}
    assert notes["interrupted"].startswith("stopped early, on request: it measured for ")


def test_what_ends_after_ctrl_c_is_in_no_rate(target: Session, server: OpenAIServer) -> None:
    """The measurement ends when it was stopped, not with the last answer."""
    command = target.start(
        "benchmark", "target/slow:3000", "-c", "2", "--duration", "60s", "--warmup", "0",
        "--records", "r.arrows",
    )  # fmt: skip
    until(lambda: server.in_flight == 2)
    started_s = time.monotonic()
    time.sleep(0.5)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=60)
    took_s = time.monotonic() - started_s
    found = document(target, "--from-records", "r.arrows")
    assert found["requests"]["total"] == found["requests"]["cooldown"] == 2
    assert found["duration_s"] < took_s - 1
    assert found["requests_per_s"] == 0


def test_a_second_ctrl_c_breaks_off(target: Session, server: OpenAIServer) -> None:
    command = target.start(
        "benchmark", "target/stall", "--duration", "60s", "--warmup", "0", "--cooldown", "50s"
    )
    until(lambda: server.in_flight > 0)
    time.sleep(0.5)
    command.send_signal(signal.SIGINT)
    time.sleep(0.5)
    command.send_signal(signal.SIGINT)
    output, _ = command.communicate(timeout=30)
    assert command.returncode == 130
    assert b"broken off at the end" in output


@pytest.mark.parametrize("models", [["target/stall"], ["target/stall", "target/ok"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_it_warms_up(
    target: Session, server: OpenAIServer, models: list[str], number: signal.Signals
) -> None:
    command = target.start("benchmark", *models, "--duration", "60s")
    until(lambda: server.in_flight > 0)
    command.send_signal(number)
    _, errors = command.communicate(timeout=30)
    assert command.returncode == 128 + number
    assert errors.count(b"\n") <= 2
    assert b"interrupted" in errors


def test_the_servers_own_metrics_are_of_each_run_and_of_all(shell: Session) -> None:
    run = ("sim/fast", "--requests", "10", "--warmup", "2", "--runs", "2", "--server-metrics")
    found = document(shell, *run)
    assert [each["server"]["ttft_ms"]["count"] for each in found["runs"]] == [12, 12]
    assert found["server"]["ttft_ms"]["count"] == 24


def test_metrics_that_were_asked_for_and_are_not_there_are_said(target: Session) -> None:
    done = target.run("benchmark", "target/ok", "--requests", "2", "--server-metrics")
    assert done.returncode == 0, done.stderr
    assert "server_metrics: http://127.0.0.1:" in done.stderr
