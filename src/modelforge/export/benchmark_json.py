"""A benchmark's result as one JSON document, and the schema it keeps to."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from modelforge.benchmark.result import BenchmarkResult
from modelforge.export.benchmark_record import to_document
from modelforge.export.json_text import json_text


def benchmark_json(result: BenchmarkResult) -> str:
    """The document of `to_document`, a field a line, harmless as `json_text` is."""
    document = to_document(result)
    lines = ",\n".join(f"  {_member(name, value)}" for name, value in document.items())
    return f"{{\n{lines}\n}}\n"


def benchmark_json_schema() -> str:
    """The JSON Schema of the document."""
    return (files("modelforge.export") / "data" / "benchmark.schema.json").read_text("utf-8")


def _member(name: str, value: Any) -> str:
    return json_text({name: value})[1:-1]
