"""How foreign values appear in messages: on one line, short, and never obeyed by a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

_QUOTED_CHARACTERS: Final = 60
_PLAIN_CHARACTERS: Final = 300
_LISTED_NAMES: Final = 12


def quoted(text: str) -> str:
    """``text`` in quotes, escaped and shortened."""
    shortened = text[:_QUOTED_CHARACTERS]
    return repr(shortened) + ("" if len(shortened) == len(text) else "…")


def plain(text: str) -> str:
    """``text`` without quotes, escaped where it does not print, and shortened."""
    shortened = text[:_PLAIN_CHARACTERS]
    shown = shortened if shortened.isprintable() else repr(shortened)[1:-1]
    return shown + ("" if len(shortened) == len(text) else "…")


def listed(names: Collection[str]) -> str:
    """Quoted names between commas; of very many only the first, and how many there are."""
    first = ", ".join(quoted(name) for name in list(names)[:_LISTED_NAMES])
    return first if len(names) <= _LISTED_NAMES else f"{first}, … ({len(names)} in all)"


def kind_of(value: Any) -> str:
    """What JSON calls a value, with its article."""
    if value is None:
        return "null"
    for types, kind in (
        (bool, "a boolean"),
        ((int, float), "a number"),
        (str, "text"),
        (Mapping, "an object"),
    ):
        if isinstance(value, types):
            return kind
    return "a list"


def place(name: str, line: int, column: int | None = None) -> str:
    """A place in a file; lines and columns count from 1."""
    return f"{name}, line {line}" + ("" if column is None else f", column {column}")
