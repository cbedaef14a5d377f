"""The runs of a repeated benchmark side by side, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.benchmark.result import BenchmarkResult
from modelforge.export.measure import milliseconds, speed
from modelforge.export.page import Page

_Read = Callable[[BenchmarkResult], float | None]

_MEASURES: Final[tuple[tuple[str, _Read, Callable[[float], str]], ...]] = (
    ("requests/s", lambda run: run.requests_per_s, speed),
    ("tokens/s", lambda run: run.tokens_per_second, speed),
    ("TTFT p50", lambda run: run.ttft_ms.p50, milliseconds),
    ("TTFT p99", lambda run: run.ttft_ms.p99, milliseconds),
    ("ITL p50", lambda run: run.itl_ms.p50, milliseconds),
    ("ITL p99", lambda run: run.itl_ms.p99, milliseconds),
    ("e2e p99", lambda run: run.e2e_ms.p99, milliseconds),
)
_GAP: Final = 2
_MIN_LABEL: Final = 6


def benchmark_runs_view(result: BenchmarkResult) -> RenderableType:
    """A rich renderable: a row a run, then their mean and spread.

    The spread is the coefficient of variation: the standard deviation between runs over their mean.
    Columns that do not fit the console are left out, the last first.
    """
    return _RunsView(result=result)


@dataclass(frozen=True, kw_only=True, slots=True)
class _RunsView:
    result: BenchmarkResult

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        yield from page.render(_lines(self.result, page))


def _lines(result: BenchmarkResult, page: Page) -> Iterator[Text]:
    labels = [*(str(number + 1) for number in range(len(result.runs))), "mean", "spread"]
    columns = [
        [name, *_column(result.runs, read, written, page.glyphs.unknown)]
        for name, read, written in _MEASURES
    ]
    columns.append(["verdict", *(run.verdict.status.value for run in result.runs), "", ""])
    widths = [max(map(len, column)) for column in columns]
    label_width = max(_MIN_LABEL, *map(len, labels))
    while label_width + sum(_GAP + width for width in widths) > page.width and len(columns) > 1:
        del columns[-2], widths[-2]
    width = label_width + sum(_GAP + width for width in widths)
    yield from page.banner(f"{len(result.runs)} runs, latencies in ms", width)
    for row, label in enumerate(["run", *labels]):
        cells = "".join(
            f"{'':{_GAP}}{column[row]:>{width}}"
            for column, width in zip(columns, widths, strict=True)
        )
        yield Text.assemble((f"{label:<{label_width}}", "bold" if row else "dim"), cells.rstrip())


def _column(
    runs: Sequence[BenchmarkResult],
    read: _Read,
    written: Callable[[float], str],
    unknown: str,
) -> Iterator[str]:
    values = [read(run) for run in runs]
    yield from (unknown if value is None else written(value) for value in values)
    known = [value for value in values if value is not None]
    middle = mean(known) if known else None
    yield unknown if middle is None else written(middle)
    yield unknown if not middle or len(known) < 2 else f"{stdev(known) / middle:.1%}"  # noqa: PLR2004 (a spread)
