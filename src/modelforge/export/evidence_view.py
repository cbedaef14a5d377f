"""How sure a comparison is, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.compare.evidence import Evidence, Pair, QuantityEvidence
from modelforge.export.answer_cell import hanging
from modelforge.export.evidence_words import (
    alike,
    behind,
    best,
    cells,
    few,
    leader,
    p_value,
    pair_row,
    pair_verdict,
    title,
    told,
)
from modelforge.export.page import Page
from modelforge.stats.verdict import Outcome

_GAP = 2
_MOST_PAIRS = 15
"""Six models' pairs; of more only those of the best one are shown."""
_COLUMNS = ("mean", "p50", "p95")
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
    several = len(each.pairs) > 1
    if alike(each):
        value = cells(each, unknown=page.glyphs.unknown)[0][1][0]
        label, said = page.clean_line(each.quantity.label), f"the same on every prompt, {value}"
        if cell_len(label) + _GAP + cell_len(said) <= page.width:
            yield Text.assemble((label, "bold"), (f"{'':{_GAP}}{said}", "dim"))
            return
        yield Text(label, "bold")
        yield from map(_indented, hanging(page, said, page.width - _GAP, indent=0, style="dim"))
        return
    rows = _rows(each, page) if several else _Rows()
    yield from _figures(each, page, numbered=rows.numbered)
    if several:
        yield from _pairs(rows, each, page)
    else:
        for pair in each.pairs:
            yield from _sentence(pair, each, page)


def _figures(each: QuantityEvidence, page: Page, *, numbered: bool) -> Iterator[Text]:
    label = page.clean_line(each.quantity.label)
    rows = [
        (f"{number} {page.clean_line(model)}" if numbered else page.clean_line(model), row)
        for number, (model, row) in enumerate(cells(each, unknown=page.glyphs.unknown), start=1)
    ]
    columns = _COLUMNS[: max(len(row) for _, row in rows)]
    widths = [
        max(len(name), *(cell_len(row[place]) for _, row in rows if place < len(row)))
        for place, name in enumerate(columns)
    ]
    while len(widths) > 1 and sum(_GAP + width for width in widths) > page.width:
        columns, widths = columns[:-1], widths[:-1]  # a narrow console has the mean at least
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
    padded = [*row[: len(widths)], *[""] * (len(widths) - len(row))]
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
        parts = page.glyphs.between.join(behind(pair, each.quantity, several=False))
        lines += hanging(page, parts, width, indent=0, style="dim")
    for line in lines:
        yield _indented(line)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    """Pairs in cells of equal width, and how each is painted; ``numbered``: names do not fit."""

    cells: tuple[tuple[str, ...], ...] = ()
    styles: tuple[str, ...] = ()
    numbered: bool = False
    left_out: int = 0

    @property
    def widths(self) -> list[int]:
        return [max(map(cell_len, column)) for column in zip(*self.cells, strict=True)]

    def fits(self, width: int) -> bool:
        """Whether a row is a line: single spaces about the word, two before the figures."""
        return sum(self.widths) + 2 + 3 * _GAP <= width


def _rows(each: QuantityEvidence, page: Page) -> _Rows:
    """The better one of a pair first, and what is decided; of very many pairs the best model's."""
    pairs = each.pairs
    if len(pairs) > _MOST_PAIRS:
        ahead = best(each)
        pairs = tuple(pair for pair in pairs if ahead in {pair.first, pair.second})
    pairs = tuple(sorted(pairs, key=lambda pair: _undecided(pair, each)))
    styles = tuple(_style(pair, each) for pair in pairs)
    left_out = len(each.pairs) - len(pairs)
    models = [figures.model for figures in each.figures]
    named = {model: page.clean_line(model) for model in models}
    made = _Rows(
        cells=tuple(_cells(pair, each, named, page) for pair in pairs),
        styles=styles,
        left_out=left_out,
    )
    if made.fits(page.width):
        return made
    numbers = {model: str(place) for place, model in enumerate(models, start=1)}
    cells_ = tuple(_cells(pair, each, numbers, page) for pair in pairs)
    return _Rows(cells=cells_, styles=styles, numbered=True, left_out=left_out)


def _cells(
    pair: Pair, each: QuantityEvidence, names: Mapping[str, str], page: Page
) -> tuple[str, ...]:
    said = pair_row(pair, each)
    if said is None or pair.adjusted_p is None:
        reason = page.clean_line(pair.reason or "")
        return names[pair.first], page.glyphs.unknown, names[pair.second], reason, ""
    first, word, second, size = said
    return names[first], word, names[second], size, p_value(pair.adjusted_p)


def _undecided(pair: Pair, each: QuantityEvidence) -> bool:
    said = pair_verdict(pair, each.quantity)
    return said is None or said.outcome is Outcome.NOT_DISTINGUISHABLE


def _style(pair: Pair, each: QuantityEvidence) -> str:
    said = pair_verdict(pair, each.quantity)
    return "dim" if said is None else _STYLES[said.outcome]


def _pairs(rows: _Rows, each: QuantityEvidence, page: Page) -> Iterator[Text]:
    width = page.width - _GAP
    fits = rows.fits(page.width)
    for cells_, style in zip(rows.cells, rows.styles, strict=True):
        if not fits:
            said = " ".join(filter(None, cells_))
            yield from map(_indented, hanging(page, said, width, indent=2))
            continue
        first, word, second, size, chance = (
            cell + " " * (widest - cell_len(cell))
            for cell, widest in zip(cells_, rows.widths, strict=True)
        )
        line = Text.assemble(f"{first} ", (word, style), f" {second}  {size}  {chance}")
        line.rstrip()
        yield _indented(line)
    if rows.left_out:
        said = f"{page.glyphs.more} {rows.left_out:,} more pairs, in the exports"
        yield from map(_indented, hanging(page, said, width, indent=0, style="dim"))
    yield from map(_indented, hanging(page, page.clean_line(leader(each)), width, indent=0))


def _indented(line: Text) -> Text:
    return Text(" " * _GAP).append_text(line)
