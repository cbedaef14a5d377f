"""A stored sweep: the loads that ``modelforge benchmark --sweep --export json`` measured."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from modelforge.core.errors import ScenarioError
from modelforge.cost.hardware import MeasuredLoad
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.wording import plain
from modelforge.scenarios.rows import read_document

_SCHEMAS: Final = ("modelforge.benchmark.sweep/1", "modelforge.benchmark.find-max/1")
_MEASURES: Final = {
    "ttft": "ttft_ms",
    "itl": "itl_ms",
    "tpot": "tpot_ms",
    "e2e": "e2e_ms",
}
_PERCENTILES: Final = {"p50": "p50", "p90": "p90", "p95": "p95", "p99": "p99", "p99.9": "p99_9"}


def read_sweep(path: Path) -> tuple[str, list[MeasuredLoad]]:
    """The unit of the loads, and the loads.

    Raises:
        ScenarioError: it is no sweep.
    """
    name = plain(str(path))
    document = read_document(path, largest=ROW_LIMIT, what="a sweep")
    if not isinstance(document, Mapping) or document.get("schema") not in _SCHEMAS:
        raise ScenarioError(
            f"{name}: no sweep: make one with modelforge benchmark MODEL --sweep --export json"
        )
    try:
        return str(document["unit"]), [_load(probe) for probe in document["probes"]]
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ScenarioError(f"{name}: a load of it cannot be read: {error!r}") from None


def _load(probe: Mapping[str, Any]) -> MeasuredLoad:
    result = probe["result"]
    counts, tokens = result["requests"], result["tokens"]
    requests = int(counts["successful"])
    return MeasuredLoad(
        load=float(probe["load"]),
        valid=not probe["client_bound"] and bool(result["output_tokens_per_s"]),
        duration_s=float(result["duration_s"]),
        requests=requests,
        failed=int(counts["failed"]),
        requests_per_s=float(result["requests_per_s"] or 0),
        tokens_per_s=float(result["output_tokens_per_s"] or 0),
        prompt_tokens=tokens["prompt"],
        completion_tokens=tokens["completion"],
        percentiles={
            measure: {
                percentile: float(result[field][key])
                for percentile, key in _PERCENTILES.items()
                if result[field][key] is not None
            }
            for measure, field in _MEASURES.items()
        },
        good_share=None
        if not probe.get("requests")
        else float(probe["good_requests"]) / float(probe["requests"]),
    )
