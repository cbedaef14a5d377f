"""``modelforge compare`` against a real server on a real socket."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import COMMAND, Session
from tests.support.openai_server import OpenAIServer

ESCAPE = "\x1b"


def _wait_until(condition: Any, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def _results(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(done.stdout)["results"]
    return results


def test_two_models_side_by_side(target: Session) -> None:
    done = target.run(
        "compare", "target/ok", "target/reasoning", "-p", "hi", env={"COLUMNS": "100"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ESCAPE not in done.stdout
    heading = next(line for line in done.stdout.splitlines() if "target/ok" in line)
    assert "target/reasoning" in heading
    for words in (
        "Hello, world.",
        "42",
        "latency",
        "first token",
        "5 in · 4 out",
        "tokens/s",
        "unknown",
    ):
        assert words in done.stdout


def test_the_same_through_test(target: Session) -> None:
    done = target.run("test", "--compare", "target/ok,target/reasoning", "--prompt", "hi")
    assert done.returncode == 0
    assert "Hello, world." in done.stdout


def test_no_line_is_wider_than_the_terminal(target: Session) -> None:
    for width in (200, 80, 40):
        done = target.run(
            "compare", "target/ok", "target/one-line:3000", "target/cut", "-p", "hi",
            env={"COLUMNS": str(width)},
        )  # fmt: skip
        assert max(map(len, done.stdout.splitlines())) <= width


def test_one_failure_touches_nobody_and_exits_with_1(target: Session) -> None:
    done = target.run(
        "compare", "target/ok", "target/status:500", "target/cut", "-p", "hi", "--export", "json"
    )
    assert done.returncode == 1
    results = {result["model"]: result for result in _results(done)}
    assert results["ok"]["response"] == "Hello, world."
    assert results["ok"]["error"] is None
    assert results["status:500"]["error_kind"] == "server_failed"
    assert (results["cut"]["error_kind"], results["cut"]["response"]) == ("stream_cut", "half an")


def test_a_stalled_model_ends_at_its_timeout_with_the_others_intact(target: Session) -> None:
    done = target.run(
        "compare", "target/ok", "target/stall", "target/silent", "target/lying-chunk", "-p", "hi",
        "--timeout", "1", "--export", "json",
    )  # fmt: skip
    assert done.returncode == 1
    results = {result["model"]: result for result in _results(done)}
    assert results["ok"]["error"] is None
    assert results["stall"]["response"] == "begun"
    for stuck in ("stall", "silent", "lying-chunk"):
        assert results[stuck]["error_kind"] == "timed_out"
        assert 0.9 < results[stuck]["latency_s"] < 10


def test_eight_models_wait_together(target: Session, server: OpenAIServer) -> None:
    models = [f"target/slow:{500 + i}" for i in range(8)]
    done = target.run("compare", *models, "-p", "x", "--export", "json")
    assert done.returncode == 0
    assert server.most_in_flight == 8
    assert all(result["queued_s"] < 0.4 for result in _results(done))


def test_the_limit_of_a_provider_is_kept(target: Session, server: OpenAIServer) -> None:
    (target.folder / "many.txt").write_text("\n".join(f"prompt {i}" for i in range(12)))
    models = ["target/slow:20", "target/slow:21"]
    done = target.run(
        "compare", *models, "--prompts", "many.txt", "--concurrency", "3", "--show", "0"
    )
    assert done.returncode == 0
    assert len(server.requests) == 24
    assert server.most_in_flight == 3


def test_prices_from_the_configuration(target: Session) -> None:
    with (target.folder / "modelforge.toml").open("a") as file:
        file.write('[providers.target.prices.ok]\ninput = "2.5"\noutput = 10\n')
    done = target.run("compare", "target/ok", "target/no-usage", "-p", "hi", "--export", "json")
    priced, unpriced = sorted(_results(done), key=lambda result: result["model"], reverse=True)
    assert (priced["cost_usd"], priced["cost_note"]) == ("0.0000525", None)
    assert unpriced["cost_usd"] is None
    assert unpriced["cost_note"]


def test_how_it_is_asked(target: Session, server: OpenAIServer) -> None:
    done = target.run(
        "compare", "target/ok",
        "--template", "Say {{ word }}", "--var", "word=boo", "--system", "Be brief.",
        "--max-tokens", "7", "--temperature", "0", "--top-p", "0.5", "--seed", "3", "--stop", "END",
        "--param", "top_k=4", "--param", "user=me", "--no-stream",
    )  # fmt: skip
    assert done.returncode == 0
    body = server.requests[0].body
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Say boo"},
    ]
    assert {key: body[key] for key in body if key not in {"messages", "model"}} == {
        "stream": False, "max_tokens": 7, "temperature": 0, "top_p": 0.5, "seed": 3,
        "stop": ["END"], "top_k": 4, "user": "me",
    }  # fmt: skip


def test_repeats_and_files_of_every_format(target: Session) -> None:
    (target.folder / "p.jsonl").write_text(
        '{"id": "a", "prompt": "one"}\n{"id": "b", "prompt": "two"}\n'
    )
    for name in ("out.json", "out.jsonl", "out.csv", "out.md"):
        done = target.run(
            "compare", "target/ok", "--prompts", "p.jsonl", "--repeats", "2", "-o", name
        )
        assert done.returncode == 0
        assert "answered" in done.stdout  # the summary is still shown
    records = json.loads((target.folder / "out.json").read_text())
    assert (len(records["results"]), records["complete"]) == (4, True)
    lines = [json.loads(line) for line in (target.folder / "out.jsonl").read_text().splitlines()]
    assert sorted((line["prompt_id"], line["repeat"]) for line in lines) == [
        ("a", 0), ("a", 1), ("b", 0), ("b", 1),
    ]  # fmt: skip
    with (target.folder / "out.csv").open(newline="") as file:
        assert [row["response"] for row in csv.DictReader(file)] == ["Hello, world."] * 4
    assert "Hello, world." in (target.folder / "out.md").read_text()


def test_stdout_is_only_the_data(target: Session) -> None:
    for arguments in (["--quiet"], ["--verbose"], []):
        done = target.run(
            "compare", "target/ok", "-p", "-", "--export", "csv", *arguments, stdin="hi"
        )
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        assert [row["prompt"] for row in rows] == ["hi"]
        assert ("POST" in done.stderr) == ("--verbose" in arguments)


def test_a_reader_that_goes_away_is_no_disaster(target: Session) -> None:
    (target.folder / "many.txt").write_text("\n".join(f"prompt {i}" for i in range(3000)))
    command = (
        f"{COMMAND} compare target/one-line:2000 --prompts many.txt --export jsonl | head -n 1"
    )
    done = subprocess.run(
        ["bash", "-c", f"{command}; echo ${{PIPESTATUS[0]}}"],
        cwd=target.folder,
        env=target.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    first, code = done.stdout.strip().split("\n")
    assert json.loads(first)["model"] == "one-line:2000"
    assert code == "141"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_keeps_and_prints_what_arrived(
    target: Session, server: OpenAIServer, number: int, code: int
) -> None:
    running = target.start("compare", "target/ok", "target/stall", "-p", "hi", "-o", "out.json")
    _wait_until(lambda: len(server.requests) == 2)
    time.sleep(0.5)
    running.send_signal(number)
    stdout, stderr = running.communicate(timeout=20)
    assert running.returncode == code
    assert b"Hello, world." in stdout
    assert b"begun" in stdout
    assert b"Traceback" not in stderr
    document = json.loads((target.folder / "out.json").read_text())
    assert document["complete"] is False
    kinds = {result["model"]: result["error_kind"] for result in document["results"]}
    assert kinds == {"ok": None, "stall": "interrupted"}


@pytest.mark.parametrize("gap_s", [0.002, 0.01, 0.05])
def test_an_impatient_interruption_keeps_what_arrived_too(
    target: Session, server: OpenAIServer, gap_s: float
) -> None:
    running = target.start("compare", "target/ok", "target/stall", "-p", "hi", "-o", "out.json")
    _wait_until(lambda: len(server.requests) == 2)
    time.sleep(0.5)
    for _ in range(3):
        running.send_signal(signal.SIGINT)
        time.sleep(gap_s)
    stdout, stderr = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"Hello, world." in stdout
    assert b"Traceback" not in stderr
    assert stderr.endswith(b"interrupted: 2 of 2 results in out.json\n")
    assert json.loads((target.folder / "out.json").read_text())["complete"] is False


def test_a_wait_for_stdin_can_be_interrupted(target: Session) -> None:
    running = target.start("compare", "target/ok", "--prompts", "-", stdin=subprocess.PIPE)
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=20)
    assert (running.returncode, stderr) == (130, b"modelforge: interrupted\n")


def test_a_killed_run_has_lost_nothing_that_had_arrived(
    target: Session, server: OpenAIServer
) -> None:
    (target.folder / "many.txt").write_text("\n".join(f"prompt {i}" for i in range(500)))
    running = target.start(
        "compare",
        "target/slow:20",
        "--prompts",
        "many.txt",
        "--concurrency",
        "4",
        "-o",
        "out.jsonl",
    )
    out = target.folder / "out.jsonl"
    _wait_until(lambda: out.exists() and len(out.read_bytes().splitlines()) >= 20)
    running.kill()
    running.communicate()
    lines = out.read_text().splitlines()
    assert len(lines) >= 20
    assert all(json.loads(line)["response"] == "Hello, world." for line in lines)


NASTY = [
    "\x1b[2J\x1b[1;1Hgone",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x9b31mred",
    "</script><script>alert(1)</script>",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "user\u202egnp.exe",
    "\u2066hidden\u2069",
    "a\x00b",
    "x" * 1_000_000,
    "[bold]not markup[/bold]",
    "```\n# out\n```",
    "| a | b |",
    "\ud800",
    "Z" + "\u0301" * 500,
    "progress\rhidden",
    "![](http://127.0.0.1:1/x.png)",
    "<!-- -->",
    "\u2028\u2029",
]


@pytest.mark.parametrize("answer", NASTY, ids=lambda text: repr(text[:12]))
def test_a_nasty_answer_does_no_harm(target: Session, server: OpenAIServer, answer: str) -> None:
    server.answers["nasty"] = answer
    outputs = {}
    for format_ in ("json", "jsonl", "csv", "markdown"):
        done = target.run("compare", "target/nasty", "-p", "hi", "--export", format_)
        assert (done.returncode, done.stderr) == (0, "")
        outputs[format_] = done.stdout
    shown = target.run("compare", "target/nasty", "-p", "hi").stdout
    for text in (shown, *outputs.values()):
        assert not any((ord(c) < 32 and c not in "\n\r\t") or 0x7F <= ord(c) < 0xA0 for c in text)
    assert "\u202e" not in shown
    assert "\r" not in shown
    assert "</script>" not in outputs["json"]
    decoded = json.loads(outputs["json"])["results"][0]["response"]
    assert decoded == answer.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    csv.field_size_limit(10**7)
    (row,) = csv.DictReader(io.StringIO(outputs["csv"], newline=""))
    assert not row["response"].lstrip("\"' \t\r\n").startswith(("=", "+", "-", "@")) or row[
        "response"
    ].startswith("'")


KEY = "sk-planted-9f8e7d6c5b4a'\\x"


@pytest.mark.parametrize(
    "model",
    ["ok", "echo", "echo-split", "status:401", "status:429", "status:500", "status:400", "redirect",
     "error-event", "malformed-event", "html", "cut", "dropped", "garbage", "echo-reason",
     "echo-malformed"],
)  # fmt: skip
def test_a_planted_key_appears_nowhere(target: Session, server: OpenAIServer, model: str) -> None:
    file = target.folder / "modelforge.toml"
    file.write_text(
        file.read_text()
        + 'api_key_env = "PLANTED"\nheaders = { X-Api-Token = "Token hush-4711-hush" }\n'
    )
    environment = {"PLANTED": KEY}
    seen = ""
    for arguments in (
        ["--export", "json", "--verbose"],
        ["-o", "out.csv", "-v"],
        ["--export", "markdown"],
    ):
        done = target.run("compare", f"target/{model}", "-p", "hi", *arguments, env=environment)
        seen += done.stdout + done.stderr
    seen += (target.folder / "out.csv").read_text()
    seen += target.run("doctor", "-v", env=environment).stdout
    seen += target.run("doctor", "--json", env=environment).stdout
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in seen
    assert "hush-4711" not in seen
    assert KEY[:16] not in seen


BAD = [
    (["compare", "ok", "-p", "x"], "provider/model"),
    (["compare", "targt/ok", "-p", "x"], "did you mean target"),
    (["compare", "openai/gpt-4o", "-p", "x"], "OPENAI_API_KEY"),
    (["compare", "target/ok", "target/ok", "-p", "x"], "twice"),
    (["compare", "-p", "x"], "no models"),
    (["compare", "target/ok"], "--prompt"),
    (["compare", "target/ok", "--prompts", "absent.jsonl"], "absent.jsonl"),
    (["compare", "target/ok", "--prompts", "empty.txt"], "empty.txt"),
    (["compare", "target/ok", "--prompts", "broken.jsonl"], "line 2"),
    (["compare", "target/ok", "--prompts", "."], "."),
    (["compare", "target/ok", "--prompts", "/dev/zero"], "/dev/zero"),
    (["compare", "target/ok", "--template", "{{ nobody }}"], "nobody"),
    (["compare", "target/ok", "--template", "{% if"], "--template"),
    (["compare", "target/ok", "-p", "x", "--timeout", "-1"], "--timeout"),
    (["compare", "target/ok", "-p", "x", "--timeout", "soon"], "soon"),
    (["compare", "target/ok", "-p", "x", "--repeats", "0"], "--repeats"),
    (["compare", "target/ok", "-p", "x", "--concurrency", "0"], "0"),
    (["compare", "target/ok", "-p", "x", "--export", "xml"], "xml"),
    (["compare", "target/ok", "-p", "x", "-o", "out.xml"], "out.xml"),
    (["compare", "target/ok", "-p", "x", "-o", "absent/out.json"], "absent/out.json"),
    (["compare", "target/ok", "-p", "x", "--param", "top_k"], "top_k"),
    (["compare", "target/ok", "-p", "x", "--set", "nonsense"], "nonsense"),
    (["compare", "target/ok", "-p", "x", "--set", "x=" + "[" * 50_000], "--set"),
    (["compare", "target/ok", "-p", "x", "--set", ".".join(["a"] * 3000) + "=1"], "a"),
    (["compare", "target/ok", "-p", "x", "--top-p", "nan"], "top_p"),
    (["compare", "target/ok", "-p", "x", "--top-p", "7"], "7"),
    (["compare", "target/ok", "-p", "x", "--stop", ""], "stop"),
    (["compare", "target/ok", "-p", "x", "--param", "a=NaN"], "NaN"),
    (["compare", "target/ok", "-p", "x", "--config", "absent.toml"], "absent.toml"),
    (["compare", "target/ok", "-p", "x", "--config", "broken.toml"], "line 2, column"),
    (["compare", "local/smollm", "-p", "x"], "smollm2-135m"),
    (["compare", "local/./absent.gguf", "-p", "x"], "absent.gguf"),
    (["compare", "target/ok", "-p", "x", "--no-such"], "--no-such"),
    (["compair"], "did you mean compare"),
    (["test", "-p", "x"], "--compare"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda value: " ".join(value)[-40:])
def test_bad_input_is_one_line_and_exits_with_2(
    target: Session, server: OpenAIServer, arguments: list[str], words: str
) -> None:
    (target.folder / "empty.txt").write_text("\n")
    (target.folder / "broken.jsonl").write_text('{"prompt": "fine"}\n{"prompt": \n')
    (target.folder / "broken.toml").write_text("[providers]\na = = 1\n")
    done = target.run(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert words in line
    assert server.requests == []


def test_an_unreachable_server_is_a_failure_of_its_models_alone(target: Session) -> None:
    unreachable = ["--set", "providers.gone.base_url=http://127.0.0.1:1/v1"]
    done = target.run("compare", "gone/a", "target/ok", "-p", "x", *unreachable)
    assert done.returncode == 1
    assert "connection_failed" in done.stdout
    assert "Hello, world." in done.stdout


def test_a_full_disk_is_one_line(target: Session) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = target.run("compare", "target/ok", "-p", "x", "-o", "/dev/full", "--export", "jsonl")
    piped = f"{COMMAND} compare target/ok -p x --export csv > /dev/full"
    to_stdout = subprocess.run(
        ["bash", "-c", piped],
        cwd=target.folder,
        env=target.environment,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert to_stdout.returncode == 1
    assert "standard output: No space left" in to_stdout.stderr
    assert len(to_stdout.stderr.splitlines()) == 1
    assert done.returncode == 1
    assert "/dev/full: No space left" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Hello, world." in done.stdout


def test_output_for_a_terminal_that_knows_only_ascii(target: Session, server: OpenAIServer) -> None:
    server.answers["accents"] = "naïve ☃"
    done = target.run("compare", "target/accents", "-p", "hi", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_an_absurd_usage_is_unknown_and_touches_nobody(target: Session) -> None:
    done = target.run("compare", "target/ok", "target/absurd-usage", "-p", "x", "--export", "json")
    assert (done.returncode, done.stderr) == (0, "")
    results = {result["model"]: result for result in _results(done)}
    assert results["absurd-usage"]["completion_tokens"] is None
    assert results["ok"]["response"] == "Hello, world."


def test_an_answer_without_end_is_abandoned(target: Session) -> None:
    done = target.run("compare", "target/ok", "target/flood", "-p", "x", "--export", "json")
    results = {result["model"]: result for result in _results(done)}
    assert results["flood"]["error_kind"] == "response_too_large"
    assert results["ok"]["error"] is None


def test_a_server_that_does_not_stream_has_no_first_token(target: Session) -> None:
    done = target.run("compare", "target/ignores-stream", "-p", "x", "--export", "json")
    (result,) = _results(done)
    assert result["response"] == "Hello, world."
    assert result["first_token_s"] is None
    assert result["latency_s"] >= 0.3


def test_the_providers_words_are_read_to_their_end(target: Session) -> None:
    done = target.run("compare", "target/error-in-two", "-p", "x", "--export", "json")
    assert "the second half matters" in _results(done)[0]["error"]


def test_a_complete_answer_is_never_late(target: Session) -> None:
    done = target.run("compare", "target/endless", "-p", "x", "--timeout", "2", "--export", "json")
    assert done.returncode == 0
    assert _results(done)[0]["latency_s"] < 1.5


@pytest.mark.parametrize(("retries", "most"), [(0, 2), (2, 4)])
def test_a_request_that_kills_the_server_is_soon_given_up(
    target: Session, server: OpenAIServer, retries: int, most: int
) -> None:
    prompts = [f"prompt {i}" for i in range(20)] + ["KILL"]
    (target.folder / "p.txt").write_text("\n".join(prompts))
    command = ["compare", "target/crash-on-kill", "--prompts", "p.txt", "--concurrency", "10"]
    done = target.run(*command, "--max-retries", str(retries), "--export", "json")
    failed = [result for result in _results(done) if result["error"]]
    assert [result["prompt"] for result in failed] == ["KILL"]
    # Once more than the retries allow, when a kept connection was closed under it.
    assert sum(request.prompt == "KILL" for request in server.requests) <= most


@pytest.mark.parametrize(
    "arguments",
    [
        ["--prompts", "q.jsonl", "-o", "q.jsonl"],
        ["--prompts", "q.jsonl", "-o", "./same/../q.jsonl"],
        ["-p", "@q.jsonl", "-o", "q.jsonl"],
        ["-p", "x", "--config", "modelforge.toml", "-o", "modelforge.toml", "--export", "json"],
    ],
)
def test_an_input_is_never_overwritten(target: Session, arguments: list[str]) -> None:
    (target.folder / "same").mkdir()
    (target.folder / "q.jsonl").write_text('"a question"\n')
    before = {name: (target.folder / name).read_text() for name in ("q.jsonl", "modelforge.toml")}
    done = target.run("compare", "target/ok", *arguments)
    assert done.returncode == 2
    assert "would overwrite an input" in done.stderr
    assert before == {name: (target.folder / name).read_text() for name in before}


@pytest.mark.parametrize("format_", ["json", "csv", "markdown"])
def test_every_format_is_on_disk_as_it_arrives(
    target: Session, server: OpenAIServer, format_: str
) -> None:
    running = target.start(
        "compare", "target/ok", "target/silent", "-p", "hi", "--export", format_, "-o", "out"
    )
    out = target.folder / "out"
    _wait_until(lambda: out.exists() and "Hello, world." in out.read_text())
    running.kill()
    running.communicate()


def test_a_closed_terminal_keeps_what_arrived(target: Session, server: OpenAIServer) -> None:
    running = target.start("compare", "target/ok", "target/stall", "-p", "hi", "-o", "out.json")
    _wait_until(lambda: len(server.requests) == 2)
    time.sleep(0.5)
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=20)
    document = json.loads((target.folder / "out.json").read_text())
    assert {result["response"] for result in document["results"]} == {"Hello, world.", "begun"}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("compare target/ok -p x | true", 141),
        ("doctor | true", 141),
        ("compare target/ok -p x >&-", 2),
        ("compare target/ok -p x --export json >&-", 2),
        ("doctor >&-", 2),
    ],
)
def test_an_output_that_nobody_reads(target: Session, command: str, code: int) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{COMMAND} {command}; exit ${{PIPESTATUS[0]}}"],
        cwd=target.folder,
        env=target.environment,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == (1 if code == 2 else 0)


def test_an_output_that_is_stdout_itself_keeps_what_is_there(target: Session) -> None:
    command = f"(echo kept; {COMMAND} compare target/ok -p x --export csv -o /dev/stdout) > out.txt"
    subprocess.run(
        ["bash", "-c", command], cwd=target.folder, env=target.environment, timeout=60, check=True
    )
    kept, header, row = (target.folder / "out.txt").read_text().splitlines()
    assert kept == "kept"
    assert header.startswith("model_id,")
    assert "Hello, world." in row


def test_netrc_is_nobody_elses_business(target: Session, server: OpenAIServer) -> None:
    home = Path(target.environment["HOME"])
    (home / ".netrc").write_text("default login me password hunter2hunter2\n")
    (home / ".netrc").chmod(0o600)
    with (target.folder / "modelforge.toml").open("a") as file:
        file.write('api_key_env = "PLANTED"\n')
    done = target.run("compare", "target/ok", "-p", "x", env={"PLANTED": "a-key-of-mine"})
    assert done.returncode == 0
    assert server.requests[0].headers["authorization"] == "Bearer a-key-of-mine"


def test_a_proxy_that_cannot_be_used_is_named(shell: Session) -> None:
    away = ["--set", "providers.away.base_url=http://away.test/v1"]
    for proxy, words in (("localhost:3128", "http://host:port"), ("socks5://h:1", "HTTP proxy")):
        done = shell.run("compare", "away/m", "-p", "x", *away, env={"http_proxy": proxy})
        assert done.returncode == 2
        assert words in done.stderr
    gone = {"http_proxy": "http://127.0.0.1:1"}
    done = shell.run("compare", "away/m", "-p", "x", *away, "--export", "json", env=gone)
    assert "proxy" in _results(done)[0]["error"]


def test_without_arguments_the_help_is_shown(shell: Session) -> None:
    for arguments in ([], ["models"]):
        done = shell.run(*arguments)
        assert done.returncode == 2
        assert "Commands:" in done.stderr.splitlines()


def test_doctor_for_a_terminal_that_knows_only_ascii(target: Session) -> None:
    for command in (["doctor"], ["models", "list"]):
        done = target.run(*command, env={"PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0
        assert done.stdout.isascii()
