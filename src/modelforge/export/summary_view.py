"""What each model's answers came to, a row a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.compare.summary import ModelSummary
from modelforge.export.answer_cell import hanging, measured
from modelforge.export.measurements import Measurement, frequent_errors, summary_cells
from modelforge.export.page import Page

_GAP = 2
_MODEL = "model"
_TITLE = ("summary", "medians of the answered requests")


def summary_view(summaries: Sequence[ModelSummary]) -> RenderableType:
    """A rich renderable of one row a model: answered, failed, medians, tokens, cost.

    What does not fit the console is laid out anew, and no number is ever cut: the names of the
    models go on lines of their own, then each model becomes a list. Errors by kind, and why a
    price is unknown, stand under the model.
    """
    return _SummaryView(summaries=tuple(summaries))


@dataclass(frozen=True, kw_only=True, slots=True)
class _SummaryView:
    summaries: tuple[ModelSummary, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        rows = [_Row.of(summary, page) for summary in self.summaries]
        yield from page.render(_lines(rows, page))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One model: its name and cells, clean, and what is to be said under them."""

    name: str
    cells: dict[str, str]
    notes: list[Text]

    @classmethod
    def of(cls, summary: ModelSummary, page: Page) -> _Row:
        notes: list[Text] = []
        width = page.width - _GAP
        if summary.error_kinds:
            errors = f"{page.glyphs.failed} {page.clean_line(frequent_errors(summary))}"
            notes += hanging(page, errors, width, indent=2, style="red")
        if summary.unpriced and summary.cost_note:
            why = f"price unknown: {page.clean_line(summary.cost_note)}"
            notes += hanging(page, why, width, indent=2, style="dim")
        return cls(
            name=page.clean_line(summary.model_id),
            cells=summary_cells(summary, unknown=page.glyphs.unknown),
            notes=[Text(" " * _GAP).append_text(note) for note in notes],
        )


def _lines(rows: Sequence[_Row], page: Page) -> Iterator[Text]:
    if not rows:
        return
    widths = {
        label: max(len(label), *(len(row.cells[label]) for row in rows)) for label in rows[0].cells
    }
    numbers = sum(widths.values()) + _GAP * len(widths)
    names = max(cell_len(name) for name in (_MODEL, *(row.name for row in rows)))
    title = page.glyphs.between.join(_TITLE)
    if names + numbers <= page.width:
        yield from page.banner(title, names + numbers)
        yield from _table(rows, widths, names)
    elif numbers <= page.width:
        yield from page.banner(title, numbers)
        yield from _table_under_names(rows, widths, page)
    else:
        yield from page.banner(title, page.width)
        yield from _lists(rows, page)


def _table(rows: Sequence[_Row], widths: Mapping[str, int], names: int) -> Iterator[Text]:
    yield Text.assemble((_MODEL.ljust(names), "dim"), (_aligned(widths, widths), "dim"))
    for row in rows:
        pad = " " * (names - cell_len(row.name))
        yield Text.assemble((row.name, "bold"), pad, _aligned(row.cells.values(), widths))
        yield from row.notes


def _table_under_names(
    rows: Sequence[_Row], widths: Mapping[str, int], page: Page
) -> Iterator[Text]:
    yield Text(_aligned(widths, widths), "dim")
    for row in rows:
        yield from page.heading(row.name, page.width)
        yield Text(_aligned(row.cells.values(), widths))
        yield from row.notes


def _lists(rows: Sequence[_Row], page: Page) -> Iterator[Text]:
    for place, row in enumerate(rows):
        if place:
            yield Text()
        yield from page.heading(row.name, page.width)
        for label, value in row.cells.items():
            item = Measurement(label=label, parts=(value,))
            for line in measured(item, page, page.width - _GAP):
                yield Text(" " * _GAP).append_text(line)
        yield from row.notes


def _aligned(cells: Iterable[str], widths: Mapping[str, int]) -> str:
    gap = " " * _GAP
    return "".join(
        f"{gap}{cell:>{width}}" for cell, width in zip(cells, widths.values(), strict=True)
    )
