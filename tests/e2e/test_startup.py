"""What the command and the package load before there is anything to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.command import Session

HEAVY = {
    "numpy",
    "pyarrow",
    "scipy",
    "uvloop",
    "langchain",
    "langchain_core",
    "sqlalchemy",
    "aiohttp",
    "pydantic",
    "rich",
    "yaml",
}


def _loaded(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_importing_the_package_loads_nothing_heavy() -> None:
    loaded = _loaded("import modelforge")
    assert "modelforge" in loaded
    assert not loaded & (HEAVY | {"click", "asyncio"})


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["compare", "--help"], ["benchmark", "--help"]]
)
def test_version_and_help_load_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import contextlib
from modelforge.cli import main
sys.argv = ["modelforge", *{arguments!r}]
with contextlib.suppress(SystemExit):
    main.main()
"""
    assert not _loaded(code) & HEAVY


def test_a_price_loads_no_http_client_and_no_arrays() -> None:
    usage = '{"input_total": 5}'
    arguments = ["cost", "price", "--provider", "openai", "--model", "gpt-4o", "--usage", usage]
    code = f"from modelforge.cli.main import run\nrun({arguments!r})"
    loaded = _loaded(code)
    assert "modelforge" in loaded
    assert not loaded & (HEAVY - {"pydantic", "rich"})


def test_every_public_name_can_be_imported() -> None:
    code = "import modelforge\nfor name in modelforge.__all__: getattr(modelforge, name)"
    assert "modelforge" in _loaded(code)
    with pytest.raises(subprocess.CalledProcessError):
        _loaded("import modelforge\nmodelforge.NoSuchName")


def test_version_and_help_are_said(shell: Session) -> None:
    version = shell.run("--version")
    assert version.returncode == 0
    assert version.stdout.startswith("modelforge ")
    for arguments in (["--help"], ["-h"], ["compare", "--help"], ["models", "--help"]):
        assert "Usage: modelforge" in shell.run(*arguments).stdout
    module = subprocess.run(
        [sys.executable, "-m", "modelforge", "--version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert module.stdout == version.stdout
