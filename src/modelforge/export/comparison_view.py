"""The answers to one prompt, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from modelforge.compare.result import ComparisonResult
from modelforge.export.answer_cell import beside, measured, said
from modelforge.export.measurements import LABELS, Measurement, measurements
from modelforge.export.page import Page

_MIN_COLUMN = 31  # three models stand on 100 cells
_MAX_COLUMN = 100
_GAP = 3
_PROMPT_LINES = 6


def comparison_view(
    results: Sequence[ComparisonResult],
    *,
    max_answer_lines: int | None = None,
    show_prompt: bool = True,
) -> RenderableType:
    """A rich renderable of the results of one prompt: each model a column, each repeat a band.

    Columns get at least 31 cells each: models that do not fit beside each other go below, down to
    one at a time. Models stand in the order in which they first appear. The text is cleaned when
    it is drawn, for the encoding of the console that draws it; no line is wider than that console
    (or 10 cells), and none ends in spaces.

    Args:
        results: the results of one prompt, in any order of repeats.
        max_answer_lines: how many lines to show of each answer; None for all. What is left out is
            counted under it.
        show_prompt: begin with the prompt, the first lines of it.
    """
    return _ComparisonView(
        results=tuple(results), max_answer_lines=max_answer_lines, show_prompt=show_prompt
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _ComparisonView:
    results: tuple[ComparisonResult, ...]
    max_answer_lines: int | None
    show_prompt: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.results:
            page = Page(console, options)
            yield from page.render(self._lines(page))

    def _lines(self, page: Page) -> Iterator[Text]:
        models = list(dict.fromkeys(result.model_id for result in self.results))
        fitting = max(1, (page.width + _GAP) // (_MIN_COLUMN + _GAP))
        rows = -(-len(models) // fitting)
        across = -(-len(models) // rows)  # as even as can be: 8 models are 4 and 4, not 5 and 3
        width = min(_MAX_COLUMN, (page.width - _GAP * (across - 1)) // across)
        if self.show_prompt:
            yield from _prompt(self.results[0], page, width * across + _GAP * (across - 1))
        for start in range(0, len(models), across):
            if start:
                yield Text()
            yield from self._columns(models[start : start + across], page, width)

    def _columns(self, models: Sequence[str], page: Page, width: int) -> Iterator[Text]:
        widths = [width] * len(models)
        between = Text(f" {page.glyphs.vertical} ", "dim")
        heads = [page.heading(page.clean_line(model), width) for model in models]
        yield from beside(heads, widths, between)
        bands = _bands(self.results)
        for (repeat, _), band in bands:
            label = f" repeat {repeat + 1} " if len(bands) > 1 else ""
            yield _rule(page, widths, label)
            yield from self._band([band.get(model) for model in models], page, widths, between)

    def _band(
        self,
        results: Sequence[ComparisonResult | None],
        page: Page,
        widths: Sequence[int],
        between: Text,
    ) -> Iterator[Text]:
        answers = [
            said(result, page, width, max_answer_lines=self.max_answer_lines)
            if result is not None
            else [Text("(no result)", "dim italic")]
            for result, width in zip(results, widths, strict=True)
        ]
        yield from beside(answers, widths, between)
        known = [
            {item.label: item for item in measurements(result)} if result is not None else None
            for result in results
        ]
        labels = [label for label in LABELS if any(label in items for items in known if items)]
        if labels:
            yield from beside([[Text()] for _ in widths], widths, between)
        for label in labels:
            cells = [
                _measured(label, items, page, width)
                for items, width in zip(known, widths, strict=True)
            ]
            yield from beside(cells, widths, between)


def _bands(
    results: Sequence[ComparisonResult],
) -> list[tuple[tuple[int, int], dict[str, ComparisonResult]]]:
    """The results by repeat, then by model; what has the same repeat twice gets a second band."""
    bands: defaultdict[tuple[int, int], dict[str, ComparisonResult]] = defaultdict(dict)
    for result in results:
        turn = 0
        while result.model_id in bands[result.repeat, turn]:
            turn += 1
        bands[result.repeat, turn][result.model_id] = result
    return sorted(bands.items(), key=lambda item: item[0])


def _measured(
    label: str, items: Mapping[str, Measurement] | None, page: Page, width: int
) -> list[Text]:
    """One line of measurements in one column: a dash for what is unknown, none where it is moot."""
    if items is None or (label in {"cached", "finish"} and label not in items):
        return []
    unknown = Measurement(label=label, parts=(page.glyphs.unknown,))
    return measured(items.get(label, unknown), page, width)


def _prompt(result: ComparisonResult, page: Page, width: int) -> Iterator[Text]:
    label = f"prompt {result.prompt_index + 1}"
    if result.prompt_id:
        label += f"{page.glyphs.between}{page.clean_line(result.prompt_id)}"
    yield from page.banner(label, width)
    text = page.clean(result.prompt).rstrip().lstrip("\n")
    lines = page.wrap(text, min(width, _MAX_COLUMN)) if text else []
    for line in lines[:_PROMPT_LINES]:
        yield Text(line)
    if len(lines) > _PROMPT_LINES:
        yield page.left_out(len(lines) - _PROMPT_LINES)
    yield Text()


def _rule(page: Page, widths: Sequence[int], label: str) -> Text:
    """The line under the heads and between repeats."""
    glyphs = page.glyphs
    first = f"{glyphs.horizontal * 2}{label}" if label else ""
    parts = [first, *[""] * (len(widths) - 1)]
    joint = f"{glyphs.horizontal}{glyphs.cross}{glyphs.horizontal}"
    return Text(
        joint.join(
            part.ljust(width, glyphs.horizontal) for part, width in zip(parts, widths, strict=True)
        ),
        "dim",
    )
