"""One answer as lines of a column: what was said, what went wrong, what it took."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from modelforge.compare.result import ComparisonResult
from modelforge.export.measurements import Measurement
from modelforge.export.page import Page

_LABEL_CELLS = len("first token") + 3
_NARROW = 30
"""Below this many cells, values follow their labels and do not line up."""


def said(
    result: ComparisonResult, page: Page, width: int, *, max_answer_lines: int | None
) -> list[Text]:
    """The answer, at most ``max_answer_lines`` of it, and the error under it."""
    lines = _answer(result, page, width, max_answer_lines)
    if result.error is not None:
        if lines:
            lines.append(Text())
        kind = page.clean_line(result.error_kind or "error")
        message = f"{page.glyphs.failed} {kind}: {page.clean_line(result.error)}"
        lines += hanging(page, message, width, indent=2, style="red")
    return lines


def measured(item: Measurement, page: Page, width: int) -> list[Text]:
    """One measurement; what does not fit its line goes under its value, part by part."""
    label = item.label
    value = item.text(between=page.glyphs.between, note=page.clean_line(item.note))
    if width < _NARROW:
        lines = hanging(page, f"{label} {value}", width, indent=2)
        lines[0].stylize("dim", 0, len(label))
        return lines
    room = width - _LABEL_CELLS
    if len(item.parts) > 1 and cell_len(value) > room:
        parts = (p if cell_len(p) <= room else p.replace(" (", "\n(") for p in item.parts)
        value = "\n".join(parts)
    head, *rest = page.wrap(value, room)
    first = Text.assemble((label.ljust(_LABEL_CELLS), "dim"), head)
    return [first, *(Text(" " * _LABEL_CELLS + line) for line in rest)]


def hanging(page: Page, text: str, width: int, *, indent: int, style: str = "") -> list[Text]:
    """Clean text wrapped, every line but the first indented."""
    first = page.wrap(text, width)[0]
    rest = text[len(first) :].lstrip(" ")
    lines = [Text(first, style)]
    if rest:
        pad = " " * indent
        lines += [Text(pad + line, style) for line in page.wrap(rest, width - indent)]
    return lines


def beside(cells: Sequence[Sequence[Text]], widths: Sequence[int], between: Text) -> list[Text]:
    """Cells side by side, as tall as the tallest; no line ends in spaces."""
    height = max(map(len, cells))
    lines: list[Text] = []
    for row in range(height):
        line = Text()
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            if place:
                line.append_text(between)
            part = cell[row] if row < len(cell) else Text()
            line.append_text(part)
            line.append(" " * (width - cell_len(part.plain)))
        line.rstrip()
        lines.append(line)
    return lines


def _answer(
    result: ComparisonResult, page: Page, width: int, max_answer_lines: int | None
) -> list[Text]:
    text = page.clean(result.response).rstrip().lstrip("\n")
    if not text:
        if result.error is not None:
            return []
        nothing = "(blank answer: only white space)" if result.response else "(empty answer)"
        return [Text(line, "dim italic") for line in page.wrap(nothing, width)]
    lines = page.wrap(text, width)
    shown = lines if max_answer_lines is None else lines[:max_answer_lines]
    cell = [Text(line) for line in shown]
    if len(lines) > len(shown):
        cell.append(page.left_out(len(lines) - len(shown)))
    return cell
