"""Several models' benchmarks compared, in the terminal and as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.benchmark.turns import FigurePair, TurnsComparison
from modelforge.export.answer_cell import hanging
from modelforge.export.benchmark_csv import benchmark_csv
from modelforge.export.benchmark_markdown import benchmark_markdown
from modelforge.export.benchmark_record import to_document
from modelforge.export.change_words import change, change_between, value
from modelforge.export.estimate_record import estimate_record, significant
from modelforge.export.evidence_words import p_value
from modelforge.export.json_text import json_text
from modelforge.export.markdown_text import code, table
from modelforge.export.page import Page
from modelforge.stats.verdict import Outcome

SCHEMA: Final = "modelforge.benchmark.turns/1"
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
    ordered = sorted(found.pairs, key=lambda pair: (pair.first, pair.second))
    for place, ((first, second), group) in enumerate(
        groupby(ordered, key=lambda pair: (pair.first, pair.second))
    ):
        if place:
            yield Text()
        a, b = (page.clean_line(found.results[i].plan.model) for i in (first, second))
        yield from page.banner(f"{a} against {b}", page.width)
        pairs = list(group)
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


HEADS: Final = ("", "first", "second", "change", "p")


def basis(pairs: Sequence[FigurePair], found: TurnsComparison) -> str:
    """What the comparison rests on, and what it could have found."""
    runs = max((pair.pairs for pair in pairs), default=0)
    level = f"{100 * found.level:.4g} %"
    if not runs:
        return (
            f"{level}, from one run each: what differs between runs is not known;"
            " --runs 4 and more tells"
        )
    least = [pair.detectable for pair in pairs if pair.detectable is not None]
    finds = f"; finds changes from {100 * min(least):.2g} % on" if least else ""
    several = " (Holm)" if len(found.results) > 2 else ""  # noqa: PLR2004 (one pair is not several)
    margin = "" if found.margin is None else f"; up to {100 * found.margin:.3g} % does not matter"
    return f"{level}, {runs} pairs of runs{several}{finds}{margin}"


def row(pair: FigurePair) -> tuple[str, ...]:
    """The figure, both values, the change with its interval, p, and the outcome in a word."""
    a, b = (value(pair.figure, number) for number in pair.values)
    if pair.ratio is None:
        return (pair.figure.label, a, b, "", "", pair.reason or "")
    changed = f"{change(pair.ratio.point)} ({change_between(pair.ratio)})"
    p = (
        ""
        if pair.adjusted_p is None
        else p_value(pair.adjusted_p).removeprefix("p = ").replace("p ", "")
    )
    word = "" if pair.outcome is None else pair.outcome.value
    return (pair.figure.label, a, b, changed, p, word)


def turns_json(found: TurnsComparison) -> str:
    """One line of JSON: each model's document, and the comparison."""
    document = {
        "schema": SCHEMA,
        "level": found.level,
        "margin": found.margin,
        "models": [to_document(result) for result in found.results],
        "comparison": [_pair(pair, found) for pair in found.pairs],
    }
    return f"{json_text(document)}\n"


def turns_csv(found: TurnsComparison) -> str:
    """The rows of every model under one header, as `benchmark_csv` has them."""
    first, *others = (benchmark_csv(result) for result in found.results)
    return first + "".join(text.partition("\r\n")[2] for text in others)


def turns_markdown(found: TurnsComparison) -> str:
    """The models' documents, one after the other, and the comparison at the end."""
    parts = [benchmark_markdown(result) for result in found.results]
    parts.append("# Comparison\n")
    for (first, second), group in groupby(
        sorted(found.pairs, key=lambda pair: (pair.first, pair.second)),
        key=lambda pair: (pair.first, pair.second),
    ):
        pairs = list(group)
        a, b = (code(found.results[i].plan.model) for i in (first, second))
        parts.append(f"## {a} against {b}\n\n{basis(pairs, found)}\n")
        rows = [
            [code(cell) if cell == pair.reason else cell for cell in row(pair)] for pair in pairs
        ]
        parts.append(table(["figure", *HEADS[1:], "verdict"], rows) + "\n")
    return "\n".join(parts)


def _pair(pair: FigurePair, found: TurnsComparison) -> dict[str, Any]:
    return {
        "figure": pair.figure.name,
        "first": found.results[pair.first].plan.model,
        "second": found.results[pair.second].plan.model,
        "first_value": significant(pair.values[0]),
        "second_value": significant(pair.values[1]),
        "ratio": estimate_record(pair.ratio),
        "pairs_of_runs": pair.pairs,
        "adjusted_p": significant(pair.adjusted_p),
        "detectable_change": significant(pair.detectable),
        "outcome": None if pair.outcome is None else pair.outcome.value,
        "reason": pair.reason,
    }
