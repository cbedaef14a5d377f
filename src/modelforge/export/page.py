"""What a view is drawn on: a console's encoding, its glyphs, and lines that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from modelforge.export.terminal_text import terminal_text

_LEAST_CELLS = 10
_TAB_CELLS = 4
_EMOJI_STYLE = re.compile("[\ufe0e\ufe0f]")
_NAME_PART = re.compile(r"[^/:-]*[/:-]?")


@dataclass(frozen=True, kw_only=True, slots=True)
class Glyphs:
    """The signs that views are drawn with."""

    vertical: str
    horizontal: str
    heavy: str
    cross: str
    failed: str
    more: str
    unknown: str
    between: str


_UNICODE = Glyphs(
    vertical="│",
    horizontal="─",
    heavy="━",
    cross="┼",
    failed="✗",
    more="…",
    unknown="–",  # noqa: RUF001 (a dash is meant)
    between=" · ",
)
_ASCII = Glyphs(
    vertical="|",
    horizontal="-",
    heavy="=",
    cross="+",
    failed="ERROR",
    more="...",
    unknown="-",
    between=", ",
)


class Page:
    """Cleans, wraps and measures for one console."""

    def __init__(self, console: Console, options: ConsoleOptions) -> None:
        self._console = console
        self._encoding = options.encoding
        self.width = max(options.max_width, _LEAST_CELLS)
        self.glyphs = _UNICODE if _carries(options.encoding, _UNICODE) else _ASCII

    def clean(self, text: str) -> str:
        """Foreign text, safe to print, its tabs made spaces.

        Without the selectors of emoji style: terminals disagree on how wide they make a character.
        """
        text = terminal_text(text, encoding=self._encoding).expandtabs(_TAB_CELLS)
        return _EMOJI_STYLE.sub("", text)

    def clean_line(self, text: str) -> str:
        """Foreign text, safe to print, on one line."""
        return " ".join(self.clean(text).split())

    def render(self, lines: Iterable[Text]) -> RenderResult:
        """Lines that fit, as they are."""
        for line in lines:
            yield from Text().append_text(line).render(self._console, end="\n")

    def wrap(self, text: str, width: int) -> list[str]:
        """Clean text in lines of at most ``width`` cells, broken at spaces if it has any.

        The lines end in no spaces.
        """
        lines: list[str] = []
        for line in text.split("\n"):
            if cell_len(line) <= width:
                lines.append(line.rstrip(" "))
            else:
                folded = Text(line).wrap(self._console, width, overflow="fold")
                lines.extend(part.plain.rstrip(" ") for part in folded)
        return lines

    def heading(self, name: str, width: int) -> list[Text]:
        """A model's clean name in bold, whole; it breaks after ``/``, ``:`` and ``-``."""
        lines = [""]
        for part in _NAME_PART.findall(name):
            if cell_len(lines[-1] + part) > width and lines[-1]:
                lines.append("")
            lines[-1] += part
        return [Text(piece, "bold") for line in lines for piece in self.wrap(line, width)]

    def banner(self, label: str, width: int) -> list[Text]:
        """What begins a part of the page: a clean label in a heavy line."""
        heavy = self.glyphs.heavy
        room = width - cell_len(label) - 4
        if room < 1:
            return [Text(line) for line in self.wrap(label, width)]
        return [Text.assemble((heavy * 2, "dim"), f" {label} ", (heavy * room, "dim"))]

    def left_out(self, lines: int) -> Text:
        """The note under a text of which so many lines are not shown."""
        return Text(f"{self.glyphs.more} {lines:,} more line{'s' if lines > 1 else ''}", "dim")


def _carries(encoding: str, glyphs: Glyphs) -> bool:
    signs = "".join(getattr(glyphs, name) for name in glyphs.__slots__)
    try:
        signs.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
