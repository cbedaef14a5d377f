"""However large the file, one row of it is held."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from modelforge.prompts.open import open_prompts
from modelforge.prompts.spec import PromptSpec

_ROWS = 100_000
_MOST_BYTES = 1_000_000


def _jsonl(number: int) -> str:
    return json.dumps({"id": number, "prompt": f"What is {number} + 1? " + "x" * 200}) + "\n"


def _peak_bytes(expected: int, **options: Any) -> int:
    with open_prompts(PromptSpec(**options)) as source:
        tracemalloc.start()
        try:
            assert sum(1 for _ in source) == expected
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(map(_jsonl, range(_ROWS))))
    assert path.stat().st_size > 10 * _MOST_BYTES
    assert _peak_bytes(_ROWS, prompts=path) < _MOST_BYTES


@pytest.mark.parametrize("suffix", ["txt", "csv", "json", "yaml", "jsonl with a template"])
def test_other_formats(tmp_path: Path, suffix: str) -> None:
    count = _ROWS // 20
    rows = [_jsonl(number).strip() for number in range(count)]
    path = tmp_path / f"a.{suffix.split(maxsplit=1)[0]}"
    template = "Q: {{ prompt }}" if "template" in suffix else None
    match suffix:
        case "csv":
            rows = [f'"{"x" * 200} {number}"' for number in range(count)]
            path.write_text("prompt\n" + "\n".join(rows))
        case "json":
            path.write_text("[" + ",".join(rows) + "]")
        case "yaml":
            path.write_text("".join(f"- {row}\n" for row in rows))
        case _:
            path.write_text("\n".join(rows))
    assert path.stat().st_size > _MOST_BYTES
    _peak_bytes(count, prompts=path, template=template)  # what is imported or compiled once
    assert _peak_bytes(count, prompts=path, template=template) < _MOST_BYTES
