"""Draws a view as a console of some width and encoding would."""

from __future__ import annotations

import io

from rich.cells import cell_len
from rich.console import Console, RenderableType


def drawn(view: RenderableType, width: int = 100, *, encoding: str = "utf-8") -> str:
    """What reaches a pipe; every character of it can be encoded."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    Console(file=stream, width=width, force_terminal=False, legacy_windows=False).print(view)
    stream.flush()
    return raw.getvalue().decode(encoding)


def drawn_on_a_terminal(view: RenderableType, *, no_color: bool = False) -> str:
    """What reaches a terminal, with its escape sequences."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=100,
        force_terminal=True,
        color_system="truecolor",
        no_color=no_color,
        legacy_windows=False,
    )
    console.print(view)
    return stream.getvalue()


def widest(text: str) -> int:
    """The cells of the widest line."""
    return max(map(cell_len, text.split("\n")))
