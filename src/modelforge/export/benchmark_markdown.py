"""A benchmark's result as Markdown in which foreign words are quoted and never spoken."""

from __future__ import annotations

from collections.abc import Iterator

from modelforge.benchmark.result import BenchmarkResult
from modelforge.benchmark.verdict import Reason, Status
from modelforge.export.benchmark_items import COLUMNS, benchmark_items, interval_rows, latency_rows
from modelforge.export.markdown_text import code, table

_UNKNOWN = "–"  # noqa: RUF001 (a dash is meant)


def benchmark_markdown(result: BenchmarkResult) -> str:
    """A document to read: the verdict and its reasons, the figures, the latencies, the errors."""
    return "\n\n".join(_blocks(result)) + "\n"


def _blocks(result: BenchmarkResult) -> Iterator[str]:
    yield f"# Benchmark of {code(result.plan.model)}"
    yield f"**{result.verdict.status.value}**"
    reasons = (*result.verdict.reasons, *result.verdict.notes)
    if reasons:
        yield "\n".join(f"- {_reason(reason)}" for reason in reasons)
    items = [
        [item.label, item.text(between=" · ", note=code(item.note))]
        for item in benchmark_items(result)
    ]
    yield table(["", "measured"], items)
    yield "## Latency, ms"
    rows = latency_rows(result, unknown=_UNKNOWN)
    yield table(
        ["", *COLUMNS], [[label, *cells.values()] for label, cells in rows.items()], figures=True
    )
    ends = interval_rows(result, unknown=_UNKNOWN)
    if ends and result.statistics is not None:
        yield f"## Intervals, {100 * result.statistics.level:.4g} %, ms"
        yield table(
            ["", *COLUMNS[:-1]],
            [
                [label, *(f"{low} to {high}" for low, high in zip(*sides, strict=True))]
                for label, sides in ends.items()
            ],
            figures=True,
        )
    if result.errors:
        yield "## Errors"
        yield table(
            ["kind", "requests"],
            [[code(kind), f"{number:,}"] for kind, number in result.errors.items()],
            figures=True,
        )


def _reason(reason: Reason) -> str:
    weight = "note" if reason.status is Status.VALID else reason.status.value
    return f"{weight} {code(reason.code)} {code(reason.message)}"
