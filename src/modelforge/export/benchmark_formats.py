"""The export formats of a benchmark by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from modelforge.benchmark.result import BenchmarkResult
from modelforge.export.benchmark_csv import benchmark_csv
from modelforge.export.benchmark_json import benchmark_json
from modelforge.export.benchmark_markdown import benchmark_markdown

BENCHMARK_FORMATS: Mapping[str, Callable[[BenchmarkResult], str]] = MappingProxyType(
    {"json": benchmark_json, "csv": benchmark_csv, "markdown": benchmark_markdown}
)
"""What makes the text of each; CSV has line ends of its own, so write it with ``newline=""``."""
