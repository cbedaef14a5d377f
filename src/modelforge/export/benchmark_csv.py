"""A benchmark's result as a row of CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from modelforge.benchmark.distribution import PERCENTILES
from modelforge.benchmark.result import BenchmarkResult
from modelforge.export.benchmark_record import LATENCIES, STATISTICS, to_document
from modelforge.export.csv_writer import guarded

_PLAIN = ("duration_s", "requests_per_s", "output_tokens_per_s", "goodput_per_s")
_SURE = ("mean", *PERCENTILES)
_DISTRIBUTIONS = (*LATENCIES, "stream_output_tokens_per_s")


def benchmark_csv(result: BenchmarkResult) -> str:
    """RFC 4180: a header, a row for the result, and a row for each of its runs after it.

    Nested fields are named with a dot, as in ``ttft_ms.p99``. Unknown is an empty cell. What
    others wrote is guarded against spreadsheets that evaluate.
    """
    documents = [to_document(each) for each in (result, *result.runs)]
    stream = io.StringIO(newline="")
    rows = csv.writer(stream, dialect="excel")
    rows.writerow(name for name, _ in _cells(documents[0]))
    rows.writerows([value for _, value in _cells(document)] for document in documents)
    return stream.getvalue()


def _cells(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "schema", document["schema"]
    yield "model", guarded(document["model"])
    yield "verdict.status", document["verdict"]["status"]
    yield "verdict.reasons", " ".join(reason["code"] for reason in document["verdict"]["reasons"])
    yield from _fields(document, "requests")
    yield from _figures(document)
    kinds = (f"{kind} {number}" for kind, number in document["errors"].items())
    yield "errors", guarded("; ".join(kinds))
    yield from _fields(document, "tokens")
    yield "cost_usd", document["cost_usd"]
    yield "cost_note", guarded(document["cost_note"] or "")
    yield from _fields(document, "client")
    yield "recording.missing_requests", document["recording"]["missing_requests"]


def _figures(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each figure, with the ends of its interval after it."""
    sure = document["statistics"] or {}
    rates, measures = sure.get("rates", {}), sure.get("measures", {})
    yield "statistics.level", sure.get("level")
    yield from _ends("success_share", sure.get("success_share"))
    for name in _PLAIN:
        yield name, document[name]
        if name != "duration_s":
            yield from _ends(name, rates.get(name))
    for name in _DISTRIBUTIONS:
        estimates = measures.get(name, {}).get("estimates", {})
        for statistic in STATISTICS:
            yield f"{name}.{statistic}", document[name][statistic]
            if statistic in _SURE:
                yield from _ends(f"{name}.{statistic}", estimates.get(statistic))


def _fields(document: dict[str, Any], part: str) -> Iterator[tuple[str, Any]]:
    return ((f"{part}.{name}", value) for name, value in document[part].items())


def _ends(name: str, estimate: dict[str, Any] | None) -> Iterator[tuple[str, Any]]:
    """Both ends of an interval, empty where there is none."""
    return (
        (f"{name}.{end}", None if estimate is None else estimate[end]) for end in ("low", "high")
    )
