"""Two benchmarks held against each other, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.benchmark.run_diff import Change, RunDiff
from modelforge.export.answer_cell import hanging
from modelforge.export.page import Page
from modelforge.export.run_diff_words import HEADS, OUTCOME_WORDS, described, gate_words, row

_GAP: Final = 2
_GATES: Final = {"passes": "green", "fails": "red", "unknown": "yellow"}


def run_diff_view(found: RunDiff) -> RenderableType:
    """A rich renderable: what is compared, a row a figure, a line a gate."""
    return _DiffView(found=found)


@dataclass(frozen=True, kw_only=True, slots=True)
class _DiffView:
    found: RunDiff

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        yield from page.render(_lines(self.found, page))


def _lines(found: RunDiff, page: Page) -> Iterator[Text]:
    yield from page.banner("baseline and candidate", page.width)
    for label, one in (("baseline ", found.baseline), ("candidate", found.candidate)):
        said = f"{label} {page.clean_line(described(one))}"
        yield from hanging(page, said, page.width, indent=10)
    yield Text()
    yield from _changes(found.changes, page)
    if found.gates:
        yield Text()
        yield from page.banner("gates", page.width)
        for gated in found.gates:
            lines = hanging(page, page.clean_line(gate_words(gated)), page.width - 9, indent=0)
            for place, line in enumerate(lines):
                word = "" if place else gated.outcome
                yield Text.assemble((f"{word:<9}", _GATES[gated.outcome])).append_text(line)


def _changes(changes: Sequence[Change], page: Page) -> Iterator[Text]:
    rows = [row(each, page.glyphs.unknown) for each in changes]
    if not rows:
        yield Text("no figure that both have", "dim")
        return
    widths = [
        max(len(head), *(cell_len(cells[place]) for cells in rows))
        for place, head in enumerate(HEADS)
    ]
    fits = sum(widths) + _GAP * len(widths) + len("not told apart") <= page.width
    if fits:
        yield Text(_aligned(HEADS, widths), "dim")
    for cells, each in zip(rows, changes, strict=True):
        word, style = ("", "dim") if each.outcome is None else OUTCOME_WORDS[each.outcome]
        if fits:
            line = Text.assemble(_aligned(cells, widths), " " * _GAP, (word, style))
            line.rstrip()
            yield line
        else:
            unit = " ms" if each.figure.statistic is not None else ""
            said = f"{cells[0]}: {cells[1]} to {cells[2]}{unit}, {cells[3]} {word}".rstrip()
            yield from hanging(page, said, page.width, indent=2)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=False)
    padded = "".join(f"{'':{_GAP}}{cell:>{width}}" for cell, width in rest)
    return f"{first[0]:<{first[1]}}{padded}"
