"""What each model's answers came to, a row a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.compare.summary import ModelSummary
from modelforge.export.answer_cell import hanging, measured
from modelforge.export.measurements import (
    Measurement,
    cached,
    frequent_errors,
    resent,
    summary_cells,
    unpriced,
)
from modelforge.export.page import Page

_GAP = 2
_MODEL = "model"
_TITLE = ("summary", "median times, totals of the rest")


def summary_view(summaries: Sequence[ModelSummary]) -> RenderableType:
    """A rich renderable of one row a model: answered, failed, medians, tokens, cost.

    What does not fit the console is laid out anew, and no number is ever cut: the names of the
    models go on lines of their own, then each model becomes a list. Errors by kind, and why a
    price is unknown, stand under the model; a reason that all share stands once, at the end.
    """
    return _SummaryView(summaries=tuple(summaries))


@dataclass(frozen=True, kw_only=True, slots=True)
class _SummaryView:
    summaries: tuple[ModelSummary, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        shared = _shared_reason(self.summaries)
        rows = [_Row.of(summary, page, told=shared) for summary in self.summaries]
        yield from page.render(_lines(rows, page))
        if shared is not None:
            yield from page.render(
                hanging(page, _why(shared, page), page.width, indent=2, style="dim")
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One model: its name and cells, clean, and what is to be said under them.

    ``unpriced`` belongs to the last cell, the cost.
    """

    name: str
    cells: dict[str, str]
    unpriced: str
    notes: list[Text]

    @classmethod
    def of(cls, summary: ModelSummary, page: Page, *, told: str | None) -> _Row:
        """``told`` is a reason that is said elsewhere."""
        notes: list[Text] = []
        width = page.width - _GAP
        if summary.error_kinds:
            errors = f"{page.glyphs.failed} {page.clean_line(frequent_errors(summary))}"
            notes += hanging(page, errors, width, indent=2, style="red")
        if note := cached(summary):
            notes += hanging(page, note, width, indent=2, style="dim")
        if summary.retries:
            notes += hanging(page, resent(summary), width, indent=2, style="dim")
        if summary.unpriced and summary.cost_note and told is None:
            notes += hanging(page, _why(summary.cost_note, page), width, indent=2, style="dim")
        return cls(
            name=page.clean_line(summary.model_id),
            cells=summary_cells(summary, unknown=page.glyphs.unknown),
            unpriced=unpriced(summary),
            notes=[Text(" " * _GAP).append_text(note) for note in notes],
        )

    def with_the_whole_bill(self) -> _Row:
        """Its cost cell says what is unpriced."""
        if not self.unpriced:
            return self
        return replace(
            self, cells=self.cells | {"cost": f"{self.cells['cost']} {self.unpriced}"}, unpriced=""
        )

    def with_the_bill_below(self) -> _Row:
        """Its notes say what is unpriced."""
        if not self.unpriced:
            return self
        note = Text(f"{' ' * _GAP}cost {self.cells['cost']} {self.unpriced}")
        return replace(self, notes=[note, *self.notes], unpriced="")


def _shared_reason(summaries: Sequence[ModelSummary]) -> str | None:
    """Why every one of several models has no price, if it is the same for all."""
    reasons = {summary.cost_note if summary.unpriced else None for summary in summaries}
    return reasons.pop() if len(summaries) > 1 and len(reasons) == 1 else None


def _why(reason: str, page: Page) -> str:
    return f"price unknown: {page.clean_line(reason)}"


def _lines(rows: Sequence[_Row], page: Page) -> Iterator[Text]:
    if not rows:
        return
    title = page.glyphs.between.join(_TITLE)
    whole = [row.with_the_whole_bill() for row in rows]
    for candidates in (whole, [row.with_the_bill_below() for row in rows]):
        widths = _widths(candidates)
        numbers = sum(widths.values()) + _GAP * len(widths)
        names = max(cell_len(name) for name in (_MODEL, *(row.name for row in rows)))
        if names + numbers <= page.width:
            yield from page.banner(title, names + numbers)
            yield from _table(candidates, widths, names)
            return
        if numbers <= page.width:
            yield from page.banner(title, numbers)
            yield from _table_under_names(candidates, widths, page)
            return
    yield from page.banner(title, page.width)
    yield from _lists(whole, page)


def _widths(rows: Sequence[_Row]) -> dict[str, int]:
    """The cells that each column takes; its heading stands in two lines, if it has two words."""
    return {
        label: max(map(len, (*label.split(), *(row.cells[label] for row in rows))))
        for label in rows[0].cells
    }


def _heads(widths: Mapping[str, int]) -> Iterator[str]:
    upper = [label.split()[0] if " " in label else "" for label in widths]
    lower = [label.split()[-1] for label in widths]
    return (_aligned(line, widths) for line in (upper, lower))


def _table(rows: Sequence[_Row], widths: Mapping[str, int], names: int) -> Iterator[Text]:
    for name, heads in zip(("", _MODEL), _heads(widths), strict=True):
        yield Text((name.ljust(names) + heads).rstrip(), "dim")
    for row in rows:
        pad = " " * (names - cell_len(row.name))
        yield Text.assemble((row.name, "bold"), pad, _aligned(row.cells.values(), widths))
        yield from row.notes


def _table_under_names(
    rows: Sequence[_Row], widths: Mapping[str, int], page: Page
) -> Iterator[Text]:
    for heads in _heads(widths):
        yield Text(heads.rstrip(), "dim")
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
