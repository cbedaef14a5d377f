"""Where a command prints."""

from __future__ import annotations

import os
import sys
from typing import Final, NoReturn

from rich.console import Console, RenderableType

from modelforge.core.errors import UsageError

_UNBOUNDED: Final = 10_000


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Leave it to the command's one place for failures; rich would exit by itself."""
        raise BrokenPipeError


def output_console() -> Console:
    """Standard output, for what was asked for.

    A character that its encoding cannot carry is escaped, never a failure.

    Raises:
        UsageError: standard output is closed.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed: there is nowhere to print to")
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return _Console(highlight=False)


def print_table(table: RenderableType) -> None:
    """Print ``table`` on standard output, its lines without the blanks that pad them.

    Where nobody looks (a pipe, a file) nothing is folded, so that ``grep`` finds whole names,
    unless ``COLUMNS`` says how wide it is to be.

    Raises:
        UsageError: standard output is closed.
    """
    console = output_console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        unbounded = console.options.update(max_width=_UNBOUNDED)
        console.width = max(console.width, console.measure(table, options=unbounded).maximum)
    with console.capture() as captured:
        console.print(table)
    console.file.writelines(f"{line.rstrip()}\n" for line in captured.get().split("\n")[:-1])


def progress_console() -> Console:
    """Standard error, for what is going on."""
    return _Console(stderr=True)
