"""Several models' benchmarks compared, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.benchmark.turns import FigurePair, TurnsComparison
from modelforge.export.answer_cell import hanging
from modelforge.export.page import Page
from modelforge.export.turns_words import HEADS, basis, by_models, models_of, row
from modelforge.stats.verdict import Outcome

_GAP: Final = 2
_VERDICT: Final = len(Outcome.NOT_DISTINGUISHABLE.value)
_STYLES: Final = {
    Outcome.BETTER: "green",
    Outcome.WORSE: "red",
    Outcome.EQUIVALENT: "cyan",
    Outcome.NOT_DISTINGUISHABLE: "yellow",
}


def turns_view(found: TurnsComparison) -> RenderableType:
    """A rich renderable: for each pair of models, a row a figure."""
    return _TurnsView(found=found)


@dataclass(frozen=True, kw_only=True, slots=True)
class _TurnsView:
    found: TurnsComparison

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        yield from page.render(_lines(self.found, page))


def _lines(found: TurnsComparison, page: Page) -> Iterator[Text]:
    for place, pairs in enumerate(by_models(found)):
        if place:
            yield Text()
        a, b = map(page.clean_line, models_of(pairs[0], found))
        yield from page.banner(f"{a} against {b}", page.width)
        yield from hanging(page, basis(pairs, found), page.width, indent=2, style="dim")
        rows = [row(pair) for pair in pairs]
        for columns in (len(HEADS), len(HEADS) - 1):  # p goes first where it is narrow
            widths = [
                max(len(HEADS[column]), *(cell_len(cells[column]) for cells in rows))
                for column in range(columns)
            ]
            if sum(widths) + _GAP * columns + _VERDICT <= page.width:
                break
        else:
            yield from _lists(pairs, page)
            continue
        yield Text(_row(HEADS, widths), "dim")
        for cells, pair in zip(rows, pairs, strict=True):
            style = "dim" if pair.outcome is None else _STYLES[pair.outcome]
            yield Text.assemble(_row(cells, widths), " " * _GAP, (cells[-1], style))


def _lists(pairs: Sequence[FigurePair], page: Page) -> Iterator[Text]:
    for pair in pairs:
        cells = row(pair)
        said = f"{cells[0]}: {cells[1]}, {cells[2]}; {' '.join(cells[3:5])}: {cells[-1]}"
        yield from hanging(page, said, page.width, indent=2)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = cells
    padded = "".join(f"  {cell:>{w}}" for cell, w in zip(rest, widths[1:], strict=False))
    return f"{first:<{widths[0]}}{padded}"
