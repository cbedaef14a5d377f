"""A script that knows only the public names, against a real server."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.command import Session
from tests.support.openai_server import OpenAIServer

SCRIPT = """
import asyncio
from modelforge import ComparisonFormatter, ComparisonResult, ModelComparator, ModelForgeRegistry

async def main():
    registry = ModelForgeRegistry()
    comparator = ModelComparator(registry)
    results = await comparator.compare(
        ["target/slow:50", "target/ok", "target/status:500"], "Why?", max_tokens=9, top_k=4
    )
    assert [result.model_id for result in results] == [
        "target/slow:50", "target/ok", "target/status:500"
    ]
    good, bad = results[1], results[2]
    assert isinstance(good, ComparisonResult)
    assert (good.provider, good.model, good.response, good.error) == (
        "target", "ok", "Hello, world.", None
    )
    assert good.metrics.latency > 0
    assert good.metrics.tokens == good.metrics.prompt_tokens + good.metrics.completion_tokens == 9
    assert good.metrics.cost is None
    assert "500" in bad.error
    formatter = ComparisonFormatter()
    for text in (formatter.format_table(results), formatter.format_markdown(results),
                 formatter.format_json(results)):
        assert "Hello, world." in text and "target/ok" in text

asyncio.run(main())
print("done")
"""


def test_the_public_names_are_enough(shell: Session, server: OpenAIServer) -> None:
    environment = {"MODELFORGE_PROVIDERS__TARGET__BASE_URL": server.base_url}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=shell.folder,
        env=shell.environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
    assert server.requests[0].body["top_k"] == 4
    assert server.requests[0].body["max_tokens"] == 9


@pytest.mark.parametrize(
    ("models", "error"),
    [
        ('["gpt-4o"]', "InvalidModelId"),
        ('["nobody/gpt-4o"]', "UnknownProvider"),
        ('["openai/gpt-4o"]', "MissingKey"),
        ("[]", "UsageError"),
        ('["local/nothing"]', "UnknownLocalModel"),
    ],
)
def test_what_is_wrong_with_a_call_is_raised_by_name(
    shell: Session, models: str, error: str
) -> None:
    script = (
        "from modelforge import ModelComparator, ModelForgeRegistry\n"
        f"ModelComparator(ModelForgeRegistry()).compare_sync({models}, 'Why?')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert f"modelforge.core.errors.{error}:" in done.stderr.splitlines()[-1]
