"""Proxies, authorities of one's own and redirects, through a real process on loopback sockets."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Session
from tests.support.openai_server import Connection, OpenAIServer
from tests.support.proxy_server import ProxyServer

KEY = "sk-planted-0123456789"
HOST = "models.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificate of an authority (``ca.pem``) and of a server it vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not there")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "names").write_text(f"subjectAltName=DNS:{HOST},DNS:localhost,IP:127.0.0.1\n")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (
        ["req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ours",
         "-days", "2"],
        ["req", "-new", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=s"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
         "-CAcreateserial", "-out", "server.pem", "-days", "2", "-extfile", "names"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def secure(authority: Path) -> Iterator[OpenAIServer]:
    """The scripted server behind TLS."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(authority / "server.pem", authority / "server.key")
    with OpenAIServer(tls=tls) as running:
        yield running


def _ask(shell: Session, url: str, model: str = "ok", **env: str) -> dict[str, Any]:
    (shell.folder / "modelforge.toml").write_text(
        f'[providers.target]\nbase_url = "{url}"\napi_key_env = "TARGET_KEY"\n'
    )
    alone = {"HTTP_PROXY": "", "HTTPS_PROXY": "", "NO_PROXY": "", "ALL_PROXY": ""}
    done = shell.run(
        "compare", f"target/{model}", "-p", "hi", "--export", "json", "--quiet", "--no-cache",
        env={**alone, "TARGET_KEY": KEY, **env},
    )  # fmt: skip
    (result,) = json.loads(done.stdout)["results"]
    assert KEY not in done.stdout + done.stderr
    found: dict[str, Any] = result
    return found


def test_an_authority_of_ones_own(shell: Session, secure: OpenAIServer, authority: Path) -> None:
    untrusted = _ask(shell, secure.base_url)
    assert (untrusted["error_kind"], untrusted["retries"]) == ("connection_failed", 0)
    assert "not trusted" in untrusted["error"]
    assert secure.requests == []
    trusted = _ask(shell, secure.base_url, SSL_CERT_FILE=str(authority / "ca.pem"))
    assert (trusted["error"], trusted["response"]) == (None, "Hello, world.")


def test_a_certificate_of_another_host(
    shell: Session, secure: OpenAIServer, authority: Path
) -> None:
    found = _ask(
        shell,
        "https://other.test/v1",
        HTTPS_PROXY="http://127.0.0.1:1",
        SSL_CERT_FILE=str(authority / "ca.pem"),
    )
    assert "proxy" in found["error"]
    with ProxyServer(secure.port) as proxy:
        found = _ask(
            shell,
            "https://other.test/v1",
            HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}",
            SSL_CERT_FILE=str(authority / "ca.pem"),
        )
    assert (found["error_kind"], secure.requests) == ("connection_failed", [])
    assert "not trusted" in found["error"]


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_tunnel_through_a_proxy(
    shell: Session, secure: OpenAIServer, authority: Path, variable: str
) -> None:
    with ProxyServer(secure.port) as proxy:
        found = _ask(
            shell,
            f"https://{HOST}/v1",
            SSL_CERT_FILE=str(authority / "ca.pem"),
            **{variable: f"http://127.0.0.1:{proxy.port}"},
        )
        (head,) = proxy.heads
    assert (found["error"], found["response"]) == (None, "Hello, world.")
    assert head.startswith(f"CONNECT {HOST}:443 ")
    assert KEY not in head
    assert secure.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_proxy_that_asks_who_we_are(shell: Session, server: OpenAIServer) -> None:
    with ProxyServer(server.port, credentials="Basic bWU6c2VjcmV0") as proxy:
        url = f"http://{HOST}:8000/v1"
        known = _ask(shell, url, HTTP_PROXY=f"http://me:secret@127.0.0.1:{proxy.port}")
        assert (known["error"], known["response"]) == (None, "Hello, world.")
        assert proxy.heads[0].startswith(f"POST http://{HOST}:8000/v1/chat/completions ")
        unknown = _ask(shell, url, HTTP_PROXY=f"http://127.0.0.1:{proxy.port}")
        assert unknown["error_kind"] is not None
        assert "407" in unknown["error"]
        assert unknown["retries"] == 0
        assert len(proxy.heads) == 2


def test_a_tunnel_that_is_refused_is_not_asked_for_again(
    shell: Session, server: OpenAIServer
) -> None:
    with ProxyServer(server.port, credentials="Basic bWU6c2VjcmV0") as proxy:
        found = _ask(shell, f"https://{HOST}/v1", HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}")
        assert (found["error_kind"], found["retries"]) == ("connection_failed", 0)
        assert "proxy refused" in found["error"]
        assert len(proxy.heads) == 1


def test_this_machine_is_asked_without_a_proxy(shell: Session, server: OpenAIServer) -> None:
    found = _ask(shell, server.base_url, HTTP_PROXY="http://127.0.0.1:1")
    assert found["response"] == "Hello, world."


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_a_redirect_takes_the_key_nowhere(
    shell: Session, server: OpenAIServer, status: str
) -> None:
    async def send_away(connection: Connection) -> None:
        target = f"Location: {server.base_url}/chat/completions\r\n"
        await connection.document({}, f"{status} Over There", target)

    with OpenAIServer(handler=send_away) as first:
        found = _ask(shell, first.base_url)
        assert (found["error_kind"], found["retries"]) == ("request_refused", 0)
        assert server.base_url in found["error"]
        listed = shell.run(
            "models", "list", "--live", "--provider", "target", env={"TARGET_KEY": KEY}
        )
        assert listed.returncode != 0
        assert len(first.requests) == 2
    assert server.requests == []
