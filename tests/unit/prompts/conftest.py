from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.prompts.reading import Folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)
