"""A search over loads as a document and as lines to read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from modelforge.benchmark.find_max import MaxLoad
from modelforge.benchmark.probe import Probe
from modelforge.benchmark.sweep import Sweep
from modelforge.export.benchmark_record import to_document

_TOLD_MS: Final = 10.0


def max_load_document(found: MaxLoad) -> dict[str, Any]:
    """Of JSON's types; an open end of the interval is null."""
    interval = found.interval
    return {
        "schema": "modelforge.benchmark.find-max/1",
        "unit": found.unit,
        "objective": found.objective.description,
        "estimate": found.estimate,
        "interval": {
            "low": interval.low or None,
            "high": interval.high if math.isfinite(interval.high) else None,
            "level": interval.level,
        },
        "converged": found.converged,
        "client_bound_at": found.client_bound_at,
        "note": found.note,
        "probes": [_probe(probe) for probe in found.probes],
    }


def sweep_document(found: Sweep) -> dict[str, Any]:
    """Of JSON's types."""
    at = found.saturation
    return {
        "schema": "modelforge.benchmark.sweep/1",
        "unit": found.unit,
        "saturation": at
        and {
            "at": at.at,
            "below": at.below,
            "requests_per_s": at.requests_per_s,
            "latency_ratio": at.latency_ratio,
        },
        "client_bound_at": found.client_bound_at,
        "note": found.note,
        "probes": [_probe(probe) for probe in found.points],
    }


def max_load_lines(found: MaxLoad) -> Iterator[str]:
    """The answer first, then what limits it."""
    low, high = found.interval.low, found.interval.high
    if found.estimate is None and not low and math.isinf(high):
        yield f"nothing is known of what holds {found.objective.description}"
    elif found.estimate is None:
        above = f"at least {low:,.4g}" if low else f"below {high:,.4g}"
        yield f"holds {found.objective.description}: {above} {found.unit}"
    else:
        yield (
            f"holds {found.objective.description} up to {found.estimate:,.4g} {found.unit}"
            f" ({low:,.4g} to {high:,.4g}, {found.interval.level:.0%} sure,"
            f" {len(found.probes)} runs, {_all_s(found):,.3g} s in all)"
        )
    if found.note:
        yield found.note


def _all_s(found: MaxLoad) -> float:
    return sum(probe.result.total_duration for probe in found.probes)


def sweep_lines(found: Sweep) -> Iterator[str]:
    """A line a load, and the saturation point."""
    for probe in found.points:
        yield probe_line(probe, found.unit)
    if found.saturation is not None:
        at = found.saturation
        yield (
            f"saturated at {at.at:,.4g} {found.unit}: {at.requests_per_s:,.4g} requests/s,"
            f" mean latency x{at.latency_ratio:.2g}"
        )
    if found.note:
        yield found.note


def probe_line(probe: Probe, unit: str) -> str:
    """One load that was tried."""
    ttft = probe.result.ttft_ms.p99
    told = [f"{probe.value:,.4g} {unit}", f"{probe.served_per_s:,.4g} requests/s"]
    if ttft is not None:
        told.append(f"TTFT p99 {ttft:,.1f} ms")
    if probe.result.good_requests is not None and probe.requests:
        told.append(f"{probe.good / probe.requests:.2%} met the SLO")
    if probe.result.failed_requests:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in probe.result.errors.items())
        told.append(f"{probe.result.failed_requests:,} failed ({kinds})")
    growth = probe.result.growth
    if growth is not None and growth.beyond(_TOLD_MS):
        told.append(f"waits grew by {growth.ms_per_s:,.3g} ms/s")
    if probe.reason is not None:
        told.append(f"INVALID: {probe.reason}")
    return "  ".join(told)


def _probe(probe: Probe) -> dict[str, Any]:
    growth = probe.result.growth
    return {
        "load": probe.value,
        "client_bound": probe.client_bound,
        "good_requests": probe.good,
        "requests": probe.requests,
        "growth_ms_per_s": None if growth is None else round(growth.ms_per_s, 6),
        "result": to_document(probe.result),
    }
