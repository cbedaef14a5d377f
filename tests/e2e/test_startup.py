"""What the command and the package load before there is anything to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
    """The packages that ``code`` loads."""
    return {name.partition(".")[0] for name in _modules(code)}


def _modules(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules, file=sys.stderr)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(done.stderr.split())


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


def test_a_benchmark_loads_what_it_uses(tmp_path: Path) -> None:
    records = tmp_path / "records.arrows"
    arguments = ["benchmark", "sim/fast", "--requests", "1", "--warmup", "0", "-q"]
    arguments += ["--records", str(records)]
    run = f"from modelforge.cli.main import run\nassert run({arguments!r}) == 0"
    loaded = _modules(run)
    assert "numpy" in loaded  # the report is made of arrays
    assert not loaded & {
        *("pydantic", "scipy", "pyarrow.compute", "aiohttp", "yaml", "importlib.metadata"),
        *("modelforge.wire.worker", "modelforge.wire.client", "modelforge.wire.purse"),
        *("modelforge.catalogue.price_book", "modelforge.local.servers"),
        *("modelforge.replay.recordings", "modelforge.providers.gemini"),
    }


def test_a_worker_loads_what_it_uses() -> None:
    loaded = _modules("from modelforge.wire import worker_main\nworker_main._load()")
    assert "modelforge.wire.client" in loaded
    assert not loaded & {
        *("pydantic", "scipy", "pyarrow.compute", "click", "rich", "aiohttp"),
        *("modelforge.wire.purse", "modelforge.wire.port_client", "modelforge.cli"),
    }


def test_nothing_that_works_on_arrays_is_loaded_before_the_workers_have_their_job() -> None:
    code = "import modelforge.app.benchmark, modelforge.app.registry, modelforge.wire.coordinator"
    assert not _modules(code) & {"numpy", "pyarrow", "pydantic"}
