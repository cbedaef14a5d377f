"""Two benchmarks held against each other, in the terminal and as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.benchmark.run_diff import Change, Gated, MeasuredRun, RunDiff
from modelforge.export.answer_cell import hanging
from modelforge.export.change_words import change, change_between, value
from modelforge.export.estimate_record import estimate_record
from modelforge.export.json_text import json_text
from modelforge.export.markdown_text import code, table
from modelforge.export.page import Page
from modelforge.stats.verdict import Outcome

SCHEMA: Final = "modelforge.runs.diff/1"
_GAP: Final = 2
_HEADS: Final = ("times in ms", "before", "after", "change")
_WORDS: Final = {
    Outcome.BETTER: ("better", "green"),
    Outcome.WORSE: ("worse", "red"),
    Outcome.NOT_DISTINGUISHABLE: ("not told apart", "yellow"),
    Outcome.EQUIVALENT: ("equivalent", "cyan"),
}
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
        said = f"{label} {page.clean_line(_described(one))}"
        yield from hanging(page, said, page.width, indent=10)
    yield Text()
    yield from _changes(found.changes, page)
    if found.gates:
        yield Text()
        yield from page.banner("gates", page.width)
        for gated in found.gates:
            lines = hanging(page, page.clean_line(_gate(gated)), page.width - 9, indent=0)
            for place, line in enumerate(lines):
                word = "" if place else gated.outcome
                yield Text.assemble((f"{word:<9}", _GATES[gated.outcome])).append_text(line)


def _changes(changes: Sequence[Change], page: Page) -> Iterator[Text]:
    rows = [_row(each, page.glyphs.unknown) for each in changes]
    if not rows:
        yield Text("no figure that both have", "dim")
        return
    widths = [
        max(len(head), *(cell_len(row[place]) for row in rows)) for place, head in enumerate(_HEADS)
    ]
    fits = sum(widths) + _GAP * len(widths) + len("not told apart") <= page.width
    if fits:
        yield Text(_aligned(_HEADS, widths), "dim")
    for row, each in zip(rows, changes, strict=True):
        word, style = ("", "dim") if each.outcome is None else _WORDS[each.outcome]
        if fits:
            line = Text.assemble(_aligned(row, widths), " " * _GAP, (word, style))
            line.rstrip()
            yield line
        else:
            unit = " ms" if each.figure.statistic is not None else ""
            said = f"{row[0]}: {row[1]} to {row[2]}{unit}, {row[3]} {word}".rstrip()
            yield from hanging(page, said, page.width, indent=2)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=False)
    padded = "".join(f"{'':{_GAP}}{cell:>{width}}" for cell, width in rest)
    return f"{first[0]:<{first[1]}}{padded}"


def _described(one: MeasuredRun) -> str:
    runs = f", {one.runs} runs" if one.runs > 1 else ""
    return f"{one.name}: {one.model}, {one.status.value}{runs}, {100 * one.level:.4g} % intervals"


def _row(each: Change, unknown: str) -> tuple[str, str, str, str]:
    a, b = (
        unknown if estimate is None else value(each.figure, estimate.point)
        for estimate in (each.baseline, each.candidate)
    )
    label = each.figure.label
    if each.ratio is None:
        return label, a, b, unknown
    return label, a, b, f"{change(each.ratio.point)} ({change_between(each.ratio)})"


def _gate(gated: Gated) -> str:
    direction = "fall" if gated.gate.figure.higher_is_better else "rise"
    said = f"{gated.gate.figure.label} may {direction} by {100 * gated.gate.margin:.3g} %"
    if gated.ratio is not None:
        said += f", and changed by {change(gated.ratio.point)} ({change_between(gated.ratio)})"
    return f"{said}: {gated.reason}" if gated.reason else said


def run_diff_json(found: RunDiff) -> str:
    """One line of JSON."""
    document = {
        "schema": SCHEMA,
        "level": found.baseline.level,
        "baseline": _run(found.baseline),
        "candidate": _run(found.candidate),
        "passed": found.passed,
        "changes": [_change(each) for each in found.changes],
        "gates": [_gated(gated) for gated in found.gates],
    }
    return f"{json_text(document)}\n"


def run_diff_markdown(found: RunDiff) -> str:
    """A document to read, or to post under a pull request."""
    parts = [
        "# Baseline and candidate",
        "\n".join(
            f"- {label}: {code(_described(one))}"
            for label, one in (("baseline", found.baseline), ("candidate", found.candidate))
        ),
        table(
            ["figure (times in ms)", *_HEADS[1:], "verdict"],
            [
                [*_row(each, "–"), _verdict(each)]  # noqa: RUF001 (a dash is meant)
                for each in found.changes
            ],
        ),
    ]
    if found.gates:
        parts.append("## Gates")
        parts.append("\n".join(f"- **{g.outcome}** {code(_gate(g))}" for g in found.gates))
    return "\n\n".join(parts) + "\n"


def _verdict(each: Change) -> str:
    return code(each.reason or "") if each.outcome is None else _WORDS[each.outcome][0]


def _run(one: MeasuredRun) -> dict[str, Any]:
    return {"name": one.name, "model": one.model, "status": one.status.value, "runs": one.runs}


def _change(each: Change) -> dict[str, Any]:
    return {
        "figure": each.figure.name,
        "baseline": estimate_record(each.baseline),
        "candidate": estimate_record(each.candidate),
        "ratio": estimate_record(each.ratio),
        "outcome": None if each.outcome is None else each.outcome.value,
        "reason": each.reason,
    }


def _gated(gated: Gated) -> dict[str, Any]:
    return {
        "figure": gated.gate.figure.name,
        "margin": gated.gate.margin,
        "outcome": gated.outcome,
        "ratio": estimate_record(gated.ratio),
        "reason": gated.reason,
    }
