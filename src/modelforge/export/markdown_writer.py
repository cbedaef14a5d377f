"""Markdown in which the models' words are quoted and never spoken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary
from modelforge.export.markdown_text import code, fenced, table
from modelforge.export.measurements import (
    Measurement,
    cached,
    frequent_errors,
    measurements,
    resent,
    summary_cells,
    unpriced,
)

if TYPE_CHECKING:
    from modelforge.compare.evidence import Evidence

_TITLE = "# Model comparison"
_MEANING = "Times and tokens/s are medians of the answered requests; tokens and cost are totals."
_UNKNOWN = "–"  # noqa: RUF001 (a dash is meant)


class MarkdownWriter:
    """A `ResultWriter` of a document to read: each prompt, each answer, then a table of the models.

    Everything a model or a server wrote stands in a fenced block or a code span whose fence is
    longer than any inside it: it cannot become HTML, a link, an image, a heading or a mention.
    It is cleaned as for a terminal first (`terminal_text`).

    A prompt is repeated when results of another came between; hand over the results of one prompt
    together to have it once.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = False
        self._prompt_index: int | None = None

    def write(self, result: ComparisonResult) -> None:
        """Add one answer, under its prompt."""
        if self._prompt_index != result.prompt_index:
            self._prompt_index = result.prompt_index
            self._put(*_prompt(result))
        self._put(*_answer(result))
        self._stream.flush()

    def close(
        self,
        summaries: Sequence[ModelSummary],
        *,
        complete: bool = True,
        stopped: str | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        """Add the table of the models, how sure it is, and a note when it was not complete."""
        if not self._begun:
            self._put("No results.")
        if summaries:
            self._put("## Summary", _MEANING, _summary(summaries), *_notes(summaries))
        if evidence is not None:
            from modelforge.export.evidence_markdown import (  # noqa: PLC0415 (numpy)
                evidence_blocks,
            )

            self._put(*evidence_blocks(evidence))
        if not complete:
            why = "" if stopped is None else f" ({code(stopped)})"
            self._put(f"**Incomplete:** the comparison was stopped before its last result{why}.")
        self._stream.flush()

    def _put(self, *blocks: str) -> None:
        if not self._begun:
            self._begun = True
            self._stream.write(f"{_TITLE}\n")
        for block in blocks:
            self._stream.write(f"\n{block}\n")


def _prompt(result: ComparisonResult) -> Iterator[str]:
    yield f"## Prompt {result.prompt_index + 1} {code(result.prompt_id or '')}".rstrip()
    if result.prompt:
        yield fenced(result.prompt)


def _answer(result: ComparisonResult) -> Iterator[str]:
    repeat = f", repeat {result.repeat + 1}" if result.repeat else ""
    yield f"### {code(result.model_id)}{repeat}"
    if result.response:
        yield fenced(result.response)
    elif result.error is None:
        yield "_(empty answer)_"
    if result.error is not None:
        yield f"**✗ {code(result.error_kind or 'error')}** {code(result.error)}".rstrip()
    if known := list(measurements(result)):
        yield table([item.label for item in known], [[_value(item) for item in known]])


def _value(item: Measurement) -> str:
    return item.text(between=" · ", note=code(item.note))


def _summary(summaries: Sequence[ModelSummary]) -> str:
    rows = []
    for summary in summaries:
        cells = summary_cells(summary, unknown=_UNKNOWN)
        cells["cost"] = f"{cells['cost']} {unpriced(summary)}".rstrip()
        errors = code(frequent_errors(summary))
        rows.append({"model": code(summary.model_id), **cells, "errors": errors})
    return table(list(rows[0]), [list(row.values()) for row in rows])


def _notes(summaries: Sequence[ModelSummary]) -> Iterator[str]:
    for summary in summaries:
        said = [note for note in (cached(summary), resent(summary)) if note]
        if summary.unpriced and summary.cost_note:
            said.append(f"price unknown: {code(summary.cost_note)}")
        if said:
            yield f"{code(summary.model_id)}: {'; '.join(said)}."
