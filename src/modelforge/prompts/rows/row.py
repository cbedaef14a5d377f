"""One row of prompts, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A value of JSON's kinds, and the line of its file (from 1) that it starts on, if any."""

    value: Any
    line: int | None = None
