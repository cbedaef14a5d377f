"""A benchmark's result as one JSON document, and the schema it keeps to."""

from __future__ import annotations

from importlib.resources import files

from modelforge.benchmark.result import BenchmarkResult
from modelforge.export.benchmark_record import to_document
from modelforge.export.json_text import document_text


def benchmark_json(result: BenchmarkResult) -> str:
    """The document of `to_document`, a field a line, harmless as `json_text` is."""
    return document_text(to_document(result))


def benchmark_json_schema() -> str:
    """The JSON Schema of the document."""
    return (files("modelforge.export") / "data" / "benchmark.schema.json").read_text("utf-8")
