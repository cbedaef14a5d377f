"""Results as text, in one call."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from io import StringIO
from itertools import groupby
from typing import TextIO

from rich.console import Console

from modelforge.compare.evidence import evidence_of_results
from modelforge.compare.result import ComparisonResult
from modelforge.compare.summary import ModelSummary, SummaryBuilder
from modelforge.export.comparison_view import comparison_view
from modelforge.export.csv_writer import CsvWriter
from modelforge.export.evidence_view import evidence_view
from modelforge.export.json_writer import JsonWriter
from modelforge.export.markdown_writer import MarkdownWriter
from modelforge.export.summary_view import summary_view
from modelforge.export.writer import ResultWriter


class ComparisonFormatter:
    """Formats results that are all there; to write them as they arrive, use a `ResultWriter`.

    Results are grouped by prompt, in the order of the prompts. No text ends in a newline: print
    it. No results at all are a text, a document or a header that says so.
    """

    def format_table(
        self,
        results: Sequence[ComparisonResult],
        *,
        width: int | None = None,
        max_answer_lines: int | None = None,
    ) -> str:
        """The side-by-side view of each prompt, and the summary when a model was asked twice.

        Plain text without any escape sequence.

        Args:
            width: in terminal cells; None is the terminal's own, or 80 where there is none.
            max_answer_lines: how many lines to show of each answer; None for all.
        """
        if not results:
            return "No results."
        console = Console(
            file=StringIO(),
            width=width or shutil.get_terminal_size().columns,
            color_system=None,
            force_terminal=False,
            force_jupyter=False,
            legacy_windows=False,
        )
        with console.capture() as capture:
            for _, group in groupby(_by_prompt(results), key=lambda result: result.prompt_index):
                console.print(comparison_view(list(group), max_answer_lines=max_answer_lines))
                console.print()
            summaries = _summaries(results)
            if any(summary.answered + summary.failed > 1 for summary in summaries):
                console.print(summary_view(summaries))
            if (view := evidence_view(evidence_of_results(results))) is not None:
                console.print()
                console.print(view)
        return capture.get().rstrip("\n")

    def format_json(self, results: Sequence[ComparisonResult]) -> str:
        """One JSON document, as `JsonWriter` writes it."""
        return _written(JsonWriter, results)

    def format_markdown(self, results: Sequence[ComparisonResult]) -> str:
        """A Markdown document, as `MarkdownWriter` writes it."""
        return _written(MarkdownWriter, results)

    def format_csv(self, results: Sequence[ComparisonResult]) -> str:
        """RFC 4180, as `CsvWriter` writes it."""
        return _written(CsvWriter, results)


def _written(
    writer_of: Callable[[TextIO], ResultWriter], results: Sequence[ComparisonResult]
) -> str:
    stream = StringIO(newline="")
    writer = writer_of(stream)
    for result in _by_prompt(results):
        writer.write(result)
    evidence = evidence_of_results(results)
    writer.close(_summaries(results), evidence=evidence if evidence.prompts > 1 else None)
    return stream.getvalue().rstrip("\r\n")


def _by_prompt(results: Sequence[ComparisonResult]) -> list[ComparisonResult]:
    return sorted(results, key=lambda result: result.prompt_index)


def _summaries(results: Sequence[ComparisonResult]) -> list[ModelSummary]:
    builders: dict[str, SummaryBuilder] = {}
    for result in results:
        builders.setdefault(result.model_id, SummaryBuilder(result.model_id)).add(result)
    return [builder.build() for builder in builders.values()]
