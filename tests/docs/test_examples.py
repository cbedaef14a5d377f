"""Every example of the README and the docs is run as a reader would run it.

A file is one session in one empty folder: a fenced block introduced by a line that ends in a file's
name in backticks and a colon is written to that file; ``$ `` lines of ``console`` blocks are run in
order and must exit with 0, or with the code that a comment ``# exits with N`` names; ``python``
blocks are run as scripts. Providers that need the network are answered by a server on this machine;
local models are the real ones.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from modelforge.config.builtin import ALIASES, BUILTIN
from modelforge.config.load import load_configuration
from tests.support.local_weights import ensure_weights
from tests.support.openai_server import OpenAIServer

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
FILE_NAME = re.compile(r"`([\w./-]+\.\w+)`:\s*$")
EXIT_CODE = re.compile(r"#\s*exits with (\d+)")
# The pages' addresses of a server of one's own; here it listens elsewhere.
ADDRESSES = ("http://127.0.0.1:8000/v1", "http://127.0.0.1:9100/v1")
# Set up or tear down the machine itself; covered by the tests' own installation.
NOT_RUN = ("make ", "pip install", "git clone", "cd ")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing a reader does: write a file, run a command, run a script."""

    kind: str
    text: str
    line: int
    file: str = ""
    expected: int = 0


def steps_of(page: Path) -> Iterator[Step]:
    """What a page tells its reader to do, in order."""
    before = ""
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type == "inline":
            before = token.content
        if token.type != "fence":
            continue
        line = token.map[0] + 1 if token.map else 0
        named = FILE_NAME.search(before)
        if named and token.info != "console":
            yield Step(kind="write", text=token.content, line=line, file=named[1])
        elif token.info == "console":
            yield from _commands(token.content, line)
        elif token.info == "python":
            yield Step(kind="python", text=token.content, line=line)
        before = ""


def _commands(block: str, line: int) -> Iterator[Step]:
    joined = block.replace("\\\n", " ")
    for command in re.findall(r"^\$ (.*)$", joined, flags=re.MULTILINE):
        if command.startswith(NOT_RUN):
            continue
        code = EXIT_CODE.search(command)
        expected = int(code[1]) if code else 0
        yield Step(kind="run", text=command, line=line, expected=expected)


def test_there_are_examples() -> None:
    assert sum(1 for page in PAGES for _ in steps_of(page)) > 10


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(steps_of(page))],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_a_page(page: Path, tmp_path: Path, server: OpenAIServer) -> None:
    environment = _environment(tmp_path, server)
    for step in steps_of(page):
        where = f"{page.relative_to(ROOT)}, line {step.line}"
        text = step.text
        for address in ADDRESSES:
            text = text.replace(address, server.base_url)
        if step.kind == "write":
            path = tmp_path / step.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            continue
        if "local/" in step.text:
            for name in ("smollm2-135m", "gemma-3-270m"):
                ensure_weights(name)
        command = [sys.executable, "-c", text] if step.kind == "python" else text
        done = subprocess.run(
            command,
            shell=step.kind == "run",
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        # A busy machine may spoil a benchmark's figures, and no page.
        spoilt = done.returncode == 3 and "benchmark" in text
        assert done.returncode == step.expected or spoilt, f"{where}: {step.text}\n{done.stderr}"
        assert "Traceback" not in done.stderr, f"{where}: {done.stderr}"


def _environment(home: Path, server: OpenAIServer) -> dict[str, str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MODELFORGE_")
    }
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["XDG_CONFIG_HOME"] = str(home / ".config")
    environment["XDG_STATE_HOME"] = str(home / ".state")
    environment["MODELFORGE_CACHE__FOLDER"] = str(home / ".answers")
    environment["MODELFORGE_ANALYSES"] = str(home / ".analyses")
    known = load_configuration(environ={}).settings.providers
    for name in {*BUILTIN["providers"], *ALIASES, "deepseek", "openrouter"}:
        if known[name].base_url is not None:
            variable = name.upper().replace("-", "_")
            environment[f"MODELFORGE_PROVIDERS__{variable}__BASE_URL"] = server.base_url
        environment |= dict.fromkeys(known[name].api_key_env, "not-a-real-key")
    environment["TARGET_KEY"] = "not-a-real-key"
    return environment
