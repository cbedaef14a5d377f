"""Make ``overlay.json`` of ``overlay.yaml``: what a program loads of what people write.

    python scripts/build_overlay.py

Every row is decoded once, so that a slip ends here and not in a price.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from modelforge.catalogue.overlay import OVERLAY_FILE, decode_overlay

SOURCE = OVERLAY_FILE.with_suffix(".yaml")


def main() -> None:
    """Read, check, write."""
    OVERLAY_FILE.write_bytes(built(SOURCE))


def built(source: Path) -> bytes:
    """The JSON of a YAML file.

    Raises:
        ValueError, LookupError, TypeError, ArithmeticError: it is no overlay.
    """
    tree: dict[str, Any] = yaml.safe_load(source.read_text(encoding="utf-8"))
    text = json.dumps(tree, indent=1, default=_written, ensure_ascii=False) + "\n"
    decode_overlay(json.loads(text))
    return text.encode()


def _written(value: object) -> str:
    """YAML's own times and days as text again."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"{value!r} is neither text nor a date: write numbers as text")


if __name__ == "__main__":
    main()
