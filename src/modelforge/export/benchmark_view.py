"""A benchmark's result in the terminal: the verdict first, then the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.verdict import Reason, Status
from modelforge.export.answer_cell import hanging, measured
from modelforge.export.benchmark_items import (
    COLUMNS,
    benchmark_items,
    error_counts,
    interval_rows,
    latency_rows,
)
from modelforge.export.measurements import Measurement
from modelforge.export.page import Page

_GAP = 2
_SIDES = ("from", "to")
_STYLES = {Status.VALID: "green", Status.SUSPECT: "yellow", Status.INVALID: "red"}


def benchmark_view(result: BenchmarkResult) -> RenderableType:
    """A rich renderable: verdict and reasons, throughput, latencies in milliseconds, errors.

    A console too narrow for the table of latencies gets a list a measure; no number is cut.
    """
    return _BenchmarkView(result=result)


@dataclass(frozen=True, kw_only=True, slots=True)
class _BenchmarkView:
    result: BenchmarkResult

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        yield from page.render(_lines(self.result, page))


def _lines(result: BenchmarkResult, page: Page) -> Iterator[Text]:
    rows = latency_rows(result, unknown=page.glyphs.unknown)
    widths, labels = _widths(rows, interval_rows(result, unknown=page.glyphs.unknown))
    table_width = labels + sum(widths.values()) + _GAP * len(widths)
    fits = table_width <= page.width
    width = table_width if fits else page.width
    title = page.glyphs.between.join(("benchmark", page.clean_line(result.plan.model)))
    yield from page.banner(title, width)
    yield from _verdict(result, page)
    yield Text()
    for item in benchmark_items(result):
        yield from measured(item, page, page.width)
    if result.errors:
        errors = f"{page.glyphs.failed} {page.clean_line(error_counts(result))}"
        yield from hanging(page, errors, page.width, indent=2, style="red")
    yield Text()
    yield from page.banner("latency, ms", width)
    ends = interval_rows(result, unknown=page.glyphs.unknown)
    yield from _table(rows, ends, widths, labels) if fits else _lists(rows, page)


def _verdict(result: BenchmarkResult, page: Page) -> Iterator[Text]:
    verdict = result.verdict
    style = _STYLES[verdict.status]
    yield Text(verdict.status.value, f"bold {style}")
    for reason in verdict.reasons:
        yield from _reason(reason, page, _STYLES[reason.status])
    for note in verdict.notes:
        yield from _reason(note, page, "dim")


def _reason(reason: Reason, page: Page, style: str) -> Iterator[Text]:
    text = f"{reason.code}: {page.clean_line(reason.message)}"
    for line in hanging(page, text, page.width - _GAP, indent=2, style=style):
        yield Text(" " * _GAP).append_text(line)


def _widths(
    rows: Mapping[str, Mapping[str, str]], ends: Mapping[str, Sequence[Sequence[str]]]
) -> tuple[dict[str, int], int]:
    """The cells of each column of figures, and of the labels before them."""
    widths = {
        column: max(
            len(column),
            *(len(cells[column]) for cells in rows.values()),
            *(len(v[place]) for sides in ends.values() for v in sides if place < len(v)),
        )
        for place, column in enumerate(COLUMNS)
    }
    return widths, max(map(len, rows))


def _table(
    rows: Mapping[str, Mapping[str, str]],
    ends: Mapping[str, Sequence[Sequence[str]]],
    widths: Mapping[str, int],
    labels: int,
) -> Iterator[Text]:
    gap = " " * _GAP
    head = "".join(f"{gap}{column:>{width}}" for column, width in widths.items())
    yield Text(" " * labels + head, "dim")
    for label, cells in rows.items():
        figures = "".join(f"{gap}{cells[column]:>{width}}" for column, width in widths.items())
        yield Text.assemble((label.ljust(labels), "bold"), figures)
        for side, values in zip(_SIDES, ends.get(label, ()), strict=False):
            cells_of = zip(values, widths.values(), strict=False)
            line = "".join(f"{gap}{value:>{width}}" for value, width in cells_of)
            yield Text(f"{side:>{labels}}{line}", "dim")


def _lists(rows: Mapping[str, Mapping[str, str]], page: Page) -> Iterator[Text]:
    for label, cells in rows.items():
        yield from page.heading(label, page.width)
        for column, value in cells.items():
            for line in measured(
                Measurement(label=column, parts=(value,)), page, page.width - _GAP
            ):
                yield Text(" " * _GAP).append_text(line)
