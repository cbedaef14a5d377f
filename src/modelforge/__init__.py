"""ModelForge: which language model should I use?

The names below are imported when first used: ``import modelforge`` itself loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelforge.app.benchmark import BenchmarkRunner
    from modelforge.app.models_dev import ModelsDev
    from modelforge.app.registry import ModelForgeRegistry
    from modelforge.benchmark.config import BenchmarkConfig
    from modelforge.benchmark.result import BenchmarkResult
    from modelforge.compare.comparator import ModelComparator
    from modelforge.compare.result import ComparisonMetrics, ComparisonResult
    from modelforge.cost.analyzer import CostAnalyzer
    from modelforge.cost.scenario import CostScenario
    from modelforge.export.formatter import ComparisonFormatter
    from modelforge.telemetry.callback import TelemetryCallback

__all__ = [
    "BenchmarkConfig",
    "BenchmarkResult",
    "BenchmarkRunner",
    "ComparisonFormatter",
    "ComparisonMetrics",
    "ComparisonResult",
    "CostAnalyzer",
    "CostScenario",
    "ModelComparator",
    "ModelForgeRegistry",
    "ModelsDev",
    "TelemetryCallback",
]

_HOMES = {
    "BenchmarkConfig": "modelforge.benchmark.config",
    "BenchmarkResult": "modelforge.benchmark.result",
    "BenchmarkRunner": "modelforge.app.benchmark",
    "ComparisonFormatter": "modelforge.export.formatter",
    "ComparisonMetrics": "modelforge.compare.result",
    "ComparisonResult": "modelforge.compare.result",
    "CostAnalyzer": "modelforge.cost.analyzer",
    "CostScenario": "modelforge.cost.scenario",
    "ModelComparator": "modelforge.compare.comparator",
    "ModelForgeRegistry": "modelforge.app.registry",
    "ModelsDev": "modelforge.app.models_dev",
    "TelemetryCallback": "modelforge.telemetry.callback",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("modelforge-testing")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
