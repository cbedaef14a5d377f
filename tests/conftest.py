"""What every test can ask for."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.command import Session, session
from tests.support.openai_server import OpenAIServer

# A busy machine is no counterexample.
settings.register_profile("undated", deadline=None)
settings.load_profile("undated")


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path) -> Session:
    """The installed command in an empty folder with an empty home."""
    return session(tmp_path)


@pytest.fixture
def target(shell: Session, server: OpenAIServer) -> Session:
    """The same, with the provider ``target`` configured in a file."""
    (shell.folder / "modelforge.toml").write_text(
        f'[providers.target]\nbase_url = "{server.base_url}"\n'
    )
    return shell


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a certificate that nobody vouches for but itself."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not there")
    folder = tmp_path_factory.mktemp("authority")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", "key.pem", "-out", "ca.pem", "-subj", "/CN=ours", "-days", "2",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder
