"""The worked example of docs/concepts/comparing-models.md is what the script prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import gsm8k_example

PAGE = Path(__file__).parents[2] / "docs" / "concepts" / "comparing-models.md"
DATA = Path(__file__).parents[3] / "shared" / "data" / "gsm8k_model_solutions.jsonl"


@pytest.mark.skipif(not DATA.is_file(), reason="the real data is not there (../shared/data)")
def test_every_line_stands_on_the_page(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["gsm8k_example", str(DATA)])
    gsm8k_example.main()
    page = _plain(PAGE.read_text())
    lines = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert len(lines) > 20
    missing = [line for line in lines if _plain(line) not in page and not line.endswith(":")]
    assert missing == []


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
