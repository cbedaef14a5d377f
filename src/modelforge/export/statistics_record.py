"""How sure a benchmark's figures are, as the JSON of its export."""

from __future__ import annotations

from typing import Any

from modelforge.benchmark.run_statistics import Figures, RunStatistics, Steadiness
from modelforge.export.estimate_record import estimate_record, significant
from modelforge.stats.outliers import Outliers


def statistics_record(found: RunStatistics | None) -> dict[str, Any] | None:
    """The intervals beside the figures, under the figures' own names; None of too few requests."""
    if found is None:
        return None
    return {
        "level": found.level,
        "runs": found.runs,
        "success_share": estimate_record(found.success_share),
        "rates": {name: estimate_record(estimate) for name, estimate in found.rates.items()},
        "measures": {name: _figures(figures) for name, figures in found.measures.items()},
        "steadiness": {name: _steadiness(each) for name, each in found.steadiness.items()},
        "warm_up_excluded": found.warm_up_excluded,
    }


def _figures(figures: Figures) -> dict[str, Any]:
    order = figures.order
    return {
        "estimates": {
            name: estimate_record(estimate) for name, estimate in figures.estimates.items()
        },
        "autocorrelation": None
        if order is None
        else {
            "first_lag": significant(order.first_lag),
            "p_value": significant(order.p_value),
            "time_requests": significant(order.time),
        },
    }


def _steadiness(each: Steadiness) -> dict[str, Any]:
    warm, change = each.warm_up, each.stability
    return {
        "warm_up": {
            "requests": warm.values,
            "p_value": significant(warm.p_value),
            "mean_before_ms": significant(warm.mean_before),
            "mean_after_ms": significant(warm.mean_after),
            "settled": warm.settled,
        },
        "change": {
            "kind": change.kind,
            "p_value": significant(change.p_value),
            "at_request": change.at,
            "median_before_ms": significant(change.median_before),
            "median_after_ms": significant(change.median_after),
        },
        "outliers": _outliers(each.outliers),
    }


def _outliers(found: Outliers) -> dict[str, Any]:
    return {
        "low_severe": found.low_severe,
        "low_mild": found.low_mild,
        "high_mild": found.high_mild,
        "high_severe": found.high_severe,
        "fences_ms": [significant(fence) for fence in found.fences],
        "by_median_deviation": found.by_median_deviation,
    }
