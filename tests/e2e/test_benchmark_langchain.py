"""A provider that only LangChain reaches, benchmarked by the command in processes of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelforge.core.errors import AuthenticationFailed
from tests.support.command import Session
from tests.support.openai_server import OpenAIServer

# LangChain's own entry point, in whose place stands a real chat model on a real server: the
# integrations of those providers reach their vendors only.
_CHAT_MODELS = """
import os

from modelforge import ModelForgeRegistry

_registry = ModelForgeRegistry()


def init_chat_model(model, *, model_provider, callbacks=(), max_retries=None, **params):
    assert model_provider == "bedrock_converse"
    return _registry.get_llm("target", model, callbacks=list(callbacks), **params)
"""


@pytest.fixture
def installed(target: Session, tmp_path: Path) -> Session:
    """A session in which a provider's integration is there, for workers too."""
    package = tmp_path / "site" / "langchain"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "chat_models.py").write_text(_CHAT_MODELS)
    target.environment["PYTHONPATH"] = str(package.parent)
    return target


def test_it_is_measured_and_the_lower_ceiling_is_said(
    installed: Session, server: OpenAIServer
) -> None:
    done = installed.run(
        "benchmark", "bedrock/ok", "--requests", "12", "-c", "4", "--workers", "2", "-p", "hi",
        "--export", "json", "--allow-invalid", "--warmup", "2",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["requests"]["successful"] == 12
    assert found["plan"]["path"] == "langchain"
    assert found["ttft_ms"]["count"] == 12
    assert found["tokens"]["completion"] == 12 * 4
    (note,) = [note for note in found["verdict"]["notes"] if note["code"] == "slow_path"]
    assert "ceiling is lower" in " ".join(note["message"].split())
    assert len(server.requests) == 14


def test_faults_have_their_classes(installed: Session) -> None:
    for model, kind in (("status:500", "server_failed"), ("cut", "stream_cut")):
        done = installed.run(
            "benchmark", f"bedrock/{model}", "--requests", "4", "-p", "hi", "--warmup", "0",
            "--export", "json", "--allow-invalid",
        )  # fmt: skip
        assert done.returncode == 1, done.stderr
        assert json.loads(done.stdout)["errors"] == {kind: 4}, done.stderr
    refused = installed.run("benchmark", "bedrock/status:401", "--requests", "4", "-p", "hi")
    assert refused.returncode == 1
    assert f"{AuthenticationFailed.kind} 4" in refused.stdout
    assert f"{AuthenticationFailed.kind}: " in refused.stderr


def test_what_is_not_installed_is_one_line(shell: Session) -> None:
    done = shell.run("benchmark", "bedrock/any", "--requests", "4", "-p", "hi")
    assert done.returncode == 2
    assert "langchain-aws" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_broken_off_is_counted(installed: Session) -> None:
    done = installed.run(
        "benchmark", "bedrock/slow:9000", "-c", "3", "--duration", "500ms", "-p", "hi",
        "--warmup", "0", "--discard-in-flight", "--export", "json", "--allow-invalid",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["requests"]["broken_off"] == 3
    assert found["recording"]["missing_requests"] == 0
