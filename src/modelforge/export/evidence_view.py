"""How sure a comparison is, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.compare.evidence import Evidence, Pair, QuantityEvidence
from modelforge.export.answer_cell import hanging
from modelforge.export.evidence_record import outcome_word
from modelforge.export.evidence_words import (
    alike,
    behind,
    cells,
    few,
    leader,
    p_value,
    pair_verdict,
    signed,
    span,
    title,
    told,
)
from modelforge.export.page import Page
from modelforge.stats.verdict import Outcome

_GAP = 2
_COLUMNS = ("mean", "p50", "p95")
_SENTENCES = 3
"""Pairs up to which each has a sentence; more are a table."""
_STYLES = {
    Outcome.BETTER: "green",
    Outcome.WORSE: "green",
    Outcome.EQUIVALENT: "cyan",
    Outcome.NOT_DISTINGUISHABLE: "yellow",
}


def evidence_view(evidence: Evidence) -> RenderableType | None:
    """A rich renderable: each quantity's figures with intervals, and each pair's verdict.

    None of one prompt, of which nothing can be said; one line of too few prompts.
    """
    if evidence.prompts < 2 or not evidence.quantities:  # noqa: PLR2004 (a spread needs two)
        return None
    return _EvidenceView(evidence=evidence)


@dataclass(frozen=True, kw_only=True, slots=True)
class _EvidenceView:
    evidence: Evidence

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        page = Page(console, options)
        yield from page.render(_lines(self.evidence, page))


def _lines(evidence: Evidence, page: Page) -> Iterator[Text]:
    if (said := few(evidence)) is not None:
        if any(len(each.figures) > 1 for each in evidence.quantities):
            yield from hanging(page, said, page.width, indent=2, style="dim")
        return
    yield from page.banner(page.glyphs.between.join(("how sure", *title(evidence))), page.width)
    for place, each in enumerate(each for each in evidence.quantities if told(each)):
        if place:
            yield Text()
        yield from _quantity(each, page)


def _quantity(each: QuantityEvidence, page: Page) -> Iterator[Text]:
    several = len(each.pairs) > _SENTENCES
    if alike(each):
        value = cells(each, unknown=page.glyphs.unknown)[0][1][0]
        said = f"the same on every prompt, {value}"
        yield Text.assemble((page.clean_line(each.quantity.label), "bold"), (f"  {said}", "dim"))
        return
    yield from _figures(each, page, numbered=several)
    if several:
        yield from _pairs(each, page)
    else:
        for pair in each.pairs:
            yield from _sentence(pair, each, page)


def _figures(each: QuantityEvidence, page: Page, *, numbered: bool) -> Iterator[Text]:
    label = page.clean_line(each.quantity.label)
    rows = [
        (f"{number} {page.clean_line(model)}" if numbered else page.clean_line(model), row)
        for number, (model, row) in enumerate(cells(each, unknown=page.glyphs.unknown), start=1)
    ]
    columns = _COLUMNS[: len(rows[0][1])]
    widths = [
        max(len(name), *(cell_len(row[place]) for _, row in rows if place < len(row)))
        for place, name in enumerate(columns)
    ]
    numbers = sum(_GAP + width for width in widths)
    names = max(cell_len(label), *(cell_len(name) for name, _ in rows))
    beside = names + numbers <= page.width
    head = _row(columns, widths) if len(columns) > 1 else ""
    names = names if beside else cell_len(label)
    if names + numbers > page.width:  # the label has a line of its own
        names = 0
        yield Text(label, "bold")
        yield Text(head, "dim")
    else:
        yield Text.assemble((label.ljust(names) if head else label, "bold"), (head, "dim"))
    for name, row in rows:
        if not beside:
            yield from (Text(line.plain) for line in page.heading(name, page.width))
        pad = " " * (names - (cell_len(name) if beside else 0))
        yield Text((name if beside else "") + pad + _row(row, widths).rstrip())


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [*row, *[""] * (len(widths) - len(row))]
    return "".join(
        f"{'':{_GAP}}{cell:>{width}}" for cell, width in zip(padded, widths, strict=True)
    )


def _sentence(pair: Pair, each: QuantityEvidence, page: Page) -> Iterator[Text]:
    said = pair_verdict(pair, each.quantity)
    width = page.width - _GAP
    if said is None:
        text = f"{page.clean_line(pair.first)} and {page.clean_line(pair.second)}: {pair.reason}"
        lines = hanging(page, text, width, indent=0, style="dim")
    else:
        style = _STYLES[said.outcome]
        lines = hanging(page, page.clean_line(said.sentence), width, indent=0, style=style)
        parts = page.glyphs.between.join(behind(pair, each.quantity, several=len(each.pairs) > 1))
        lines += hanging(page, parts, width, indent=0, style="dim")
    for line in lines:
        yield Text(" " * _GAP).append_text(line)


def _pairs(each: QuantityEvidence, page: Page) -> Iterator[Text]:
    """A row a pair, models by their numbers."""
    number = {figures.model: place for place, figures in enumerate(each.figures, start=1)}
    rows = []
    for pair in each.pairs:
        names = f"{number[pair.first]} : {number[pair.second]}"
        made, said = pair.comparison, pair_verdict(pair, each.quantity)
        if made is None or said is None or pair.adjusted_p is None:
            rows.append(((names, page.glyphs.unknown, "", pair.reason or ""), "dim"))
            continue
        ends = made.difference.interval
        difference = (
            f"{signed(each.quantity, made.difference.point)}"
            f" ({span(each.quantity, ends.low, ends.high)})"
        )
        word = outcome_word(said.outcome, each.quantity)
        rows.append(((names, difference, p_value(pair.adjusted_p), word), _STYLES[said.outcome]))
    widths = [max(cell_len(row[place]) for row, _ in rows) for place in range(3)]
    for row, style in rows:
        start = "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=False))
        yield Text.assemble(" " * _GAP, start, "  ", (row[3], style))
    for line in hanging(page, page.clean_line(leader(each)), page.width - _GAP, indent=0):
        yield Text(" " * _GAP).append_text(line)
