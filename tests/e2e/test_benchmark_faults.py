"""Faults of a server through the command: each has its class, and no other stream suffers."""

from __future__ import annotations

import json
import ssl
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from tests.e2e.test_wire_faults import BAD, FAULTS, GOOD_BUT_ODD
from tests.support.command import Session
from tests.support.openai_server import BEHAVIOURS, Connection, OpenAIServer
from tests.support.vendor_server import vendor_server

_LARGE = {"headers-without-end", "large-event", "huge-event"}  # each takes seconds by itself
CLASSES = {
    **{name: kind for name, (_, kind) in BAD.items()},
    **{name: kind for name, kind in FAULTS.items() if name != "aborts"},
    "stall": "timed_out",
    "silent": "timed_out",
}
GOOD = [
    "ok",
    "slow:100",
    "zipped",
    "byte-by-byte",
    "then-closed",
    "no-usage",
    "empty-answer",
    *GOOD_BUT_ODD,
]
ROUNDS = 2


async def by_prompt(connection: Connection) -> None:
    """The prompt says what is wanted."""
    name = connection.request.prompt
    if name in GOOD_BUT_ODD:
        await GOOD_BUT_ODD[name](connection)
    elif name in BAD:
        await BAD[name][0](connection)
    else:
        behaviour, _, argument = name.partition(":")
        await BEHAVIOURS[behaviour](connection, argument)


def test_each_fault_is_named_and_touches_no_other_stream(shell: Session) -> None:
    faults = [name for name in CLASSES if name not in _LARGE]
    prompts = [name for pair in zip(faults, GOOD * len(faults), strict=False) for name in pair]
    (shell.folder / "asked.txt").write_text("\n".join(prompts) + "\n")
    with OpenAIServer(handler=by_prompt) as server:
        done = shell.run(
            "benchmark", "target/any", "--prompts", "asked.txt", "--concurrency", "8",
            "--requests", str(ROUNDS * len(prompts)), "--warmup", "0", "--timeout", "2s",
            "--set", f"providers.target.base_url={server.base_url}",
            "--export", "json", "--records", "r.arrows", "--allow-invalid",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    expected = Counter(dict.fromkeys(CLASSES.values(), 0))
    expected.update(CLASSES[name] for name in faults * ROUNDS)
    assert found["errors"] == {kind: count for kind, count in expected.items() if count}
    assert found["requests"]["successful"] == ROUNDS * len(faults)
    for kind in found["errors"]:
        assert f"{kind}: " in done.stderr  # one message each, in words
    with (shell.folder / "r.arrows").open("rb") as file, pa.ipc.open_stream(file) as stream:
        rows = stream.read_all().select(["index", "error"]).to_pylist()
    for row in rows:
        assert row["error"] == CLASSES.get(prompts[row["index"] % len(prompts)]), row


async def _with_path(connection: Connection) -> None:
    request = connection.request
    right = request.path == "/a/b%20c/v1/chat/completions" and request.headers.get("x-team") == "me"
    await BEHAVIOURS["ok" if right else "status"](connection, "404")


def test_a_path_headers_and_tls_of_ones_own(shell: Session, authority: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority / "ca.pem", authority / "key.pem")
    with OpenAIServer(handler=_with_path, tls=tls) as server:
        url = server.base_url.replace("/v1", "/a/b%20c/v1/")
        (shell.folder / "modelforge.toml").write_text(
            f'[providers.target]\nbase_url = "{url}"\nheaders = {{ X-Team = "me" }}\n'
        )
        run = ("benchmark", "target/any", "--requests", "6", "-c", "2", "--allow-invalid", "-q")
        refused = shell.run(*run, env={"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": ""})
        assert refused.returncode == 1
        assert "not trusted" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        unset = {"SSL_CERT_FILE": "", "REQUESTS_CA_BUNDLE": ""}
        for variable in unset:
            done = shell.run(
                *run, "--export", "json", env={**unset, variable: str(authority / "ca.pem")}
            )
            assert done.returncode == 0, done.stderr
            found = json.loads(done.stdout)
            assert (found["requests"]["successful"], found["errors"]) == (6, {})
        assert server.connections <= 2 * 3  # they are kept, and the refused ones ask nothing


@pytest.mark.parametrize("api", ["anthropic", "google", "openai-responses"])
def test_every_protocol(shell: Session, api: str) -> None:
    with vendor_server() as server:
        url = server.base_url
        done = shell.run(
            "benchmark", "target/text", "--requests", "8", "-c", "2", "--export", "json",
            "--allow-invalid", "--set", f"providers.target.base_url={url}",
            "--set", f"providers.target.protocol={api}",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["requests"]["successful"] == 8
    assert found["tokens"]["completion"] == 8 * 4
    assert found["ttft_ms"]["count"] == 8


@pytest.mark.parametrize("protocol", ["anthropic", "google"])
def test_counting_by_usage_is_of_one_protocol(shell: Session, protocol: str) -> None:
    with vendor_server() as server:
        done = shell.run(
            "benchmark", "target/text", "--requests", "2", "--count", "usage",
            "--set", f"providers.target.base_url={server.base_url}",
            "--set", f"providers.target.protocol={protocol}",
        )  # fmt: skip
        assert (done.returncode, done.stdout, server.requests) == (2, "", [])
    assert done.stderr.count("\n") == 1
    assert "target/text is not asked in it: leave --count out" in done.stderr


@pytest.mark.parametrize(
    ("limit", "again"),
    [((), True), (("--max-cost", "1"), True), (("--max-cost", "0.0002"), False)],
)
def test_what_a_kept_connection_lost_is_sent_again_where_it_can_be_paid_twice(
    shell: Session, limit: tuple[str, ...], *, again: bool
) -> None:
    (shell.folder / "asked.txt").write_text("ok\naborts-once\n")
    (shell.folder / "modelforge.toml").write_text(
        '[providers.target.prices."any"]\ninput = 1\noutput = 2\n'
    )
    with OpenAIServer(handler=by_prompt) as server:
        done = shell.run(
            "benchmark", "target/any", "--prompts", "asked.txt", "--concurrency", "1",
            "--requests", "2", "--warmup", "0", "--max-tokens", "20", *limit,
            "--set", f"providers.target.base_url={server.base_url}",
            "--export", "json", "--allow-invalid",
        )  # fmt: skip
        asked = [request.prompt for request in server.requests]
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    if again:
        assert sorted(asked) == ["aborts-once", "aborts-once", "ok"]
        assert found["errors"] == {}
    else:  # it may have been answered, and paid for
        assert sorted(asked) == ["aborts-once", "ok"]
        assert found["errors"] == {"connection_failed": 1}
