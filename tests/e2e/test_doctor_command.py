"""``modelforge doctor``: what is configured, from where, and does it answer."""

from __future__ import annotations

import json

from tests.support.catalogue_server import CatalogueServer
from tests.support.command import Session
from tests.support.openai_server import OpenAIServer


def test_what_is_set_up_and_answers(target: Session, server: OpenAIServer) -> None:
    done = target.run("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    for words in ("✓  target", "answers", server.base_url, "modelforge.toml", "OPENAI_API_KEY"):
        assert words in done.stdout
    assert [request.path for request in server.requests] == ["/v1/models"]


def test_a_list_with_pages_is_asked_for_whole(shell: Session) -> None:
    with CatalogueServer(body=b'{"data": [{"id": "claude-x"}]}') as mirror:
        environment = {
            "MODELFORGE_PROVIDERS__ANTHROPIC__BASE_URL": f"{mirror.url}/v1",
            "ANTHROPIC_API_KEY": "sk-planted",
        }
        done = shell.run("doctor", env=environment)
    assert mirror.requests == [("/v1/models?limit=1000", None)]
    assert "ms, 1 model\n" in done.stdout
    assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]


def test_what_fails_is_named_and_exits_with_1(target: Session) -> None:
    with (target.folder / "modelforge.toml").open("a") as file:
        file.write('[providers.gone]\nbase_url = "http://127.0.0.1:1/v1"\n')
        file.write('[providers.shut]\nbase_url = "http://a.test/v1"\napi_key_env = "SHUT_KEY"\n')
    done = target.run("doctor", "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    checks = {check["name"]: check for check in report["providers"]}
    assert report["healthy"] is False
    assert checks["target"]["status"] == "answers"
    assert checks["gone"]["status"] == "fails"
    assert "is the server running?" in checks["gone"]["detail"]
    assert checks["shut"]["status"] == "fails"
    assert checks["shut"]["key"] == "SHUT_KEY (not set)"
    assert checks["openai"]["status"] == "no key"
    assert checks["ollama"]["status"] in {"not running", "answers"}


def test_where_a_setting_comes_from(target: Session, server: OpenAIServer) -> None:
    variable = "MODELFORGE_PROVIDERS__EXTRA__BASE_URL"
    done = target.run("doctor", "--json", env={variable: server.base_url})
    checks = {check["name"]: check for check in json.loads(done.stdout)["providers"]}
    assert checks["extra"]["origin"] == f"environment variable {variable}"
    assert checks["target"]["origin"].endswith("modelforge.toml")
    assert checks["openai"]["origin"] == "built in"


def test_a_key_that_is_set_is_only_said_to_be_set(shell: Session, server: OpenAIServer) -> None:
    environment = {"OPENAI_API_KEY": "sk-planted-doctor", "OPENAI_BASE_URL": server.base_url}
    for arguments in ([], ["--json"], ["--verbose"]):
        done = shell.run("doctor", *arguments, env=environment)
        assert "OPENAI_API_KEY (set)" in done.stdout
        assert "sk-planted" not in done.stdout + done.stderr
    assert server.requests[0].headers["authorization"] == "Bearer sk-planted-doctor"


def test_broken_configuration_is_one_line(shell: Session) -> None:
    (shell.folder / "modelforge.toml").write_text("[providers.a]\nbase_url = 5\n")
    done = shell.run("doctor")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "providers.a.base_url" in done.stderr


def test_with_nothing_set_up_it_says_what_would_be(shell: Session) -> None:
    done = shell.run("doctor", env={"COLUMNS": "80"})
    assert done.returncode == 0, done.stderr
    assert "none set up: export the key of one below, or give a server" in done.stdout
    assert not done.stdout.endswith("\n\n")
