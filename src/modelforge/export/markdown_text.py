"""Foreign words in Markdown: quoted, and never spoken."""

from __future__ import annotations

import re
from collections.abc import Sequence

from modelforge.export.terminal_text import terminal_line, terminal_text

_BACKTICKS = re.compile("`+")


def fenced(text: str) -> str:
    """``text`` as a block of code, clean."""
    text = terminal_text(text)
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def code(text: str) -> str:
    """``text`` on one line as a span of code, clean, good for a table cell too; nothing if empty.

    Runs of white space become one space, and ``|``, which ends a cell even in code, becomes ``¦``.
    """
    text = terminal_line(text).replace("|", "¦")
    fence = "`" * (_longest_run(text) + 1)
    if text.startswith("`") or text.endswith("`"):
        text = f" {text} "
    return f"{fence}{text}{fence}" if text else ""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, figures: bool = False) -> str:
    """A table of cells that are Markdown already; ``figures``: all but the first to the right."""
    rest = "---:" if figures else "---"
    lines = (head, ["---", *[rest] * (len(head) - 1)], *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
