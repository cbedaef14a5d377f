"""A recommendation as data: of JSON's types."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from modelforge.cost.constraints import Constraints
from modelforge.cost.recommendation import Recommendation
from modelforge.stats.interval import Interval

SCHEMA: Final = "modelforge.cost.recommendation/1"


def recommendation_record(
    found: Recommendation, constraints: Constraints, *, runners_up: int
) -> dict[str, Any]:
    """The best model, the next ``runners_up``, and what kept the others out."""
    best = found.best
    return {
        "schema": SCHEMA,
        "recommended": None if best is None else str(best.model),
        "cost_usd": None if best is None else best.usd,
        "interval": None if best is None else _interval(found.intervals[0]),
        "quality": None if best is None else best.quality,
        "latency_s": None if best is None else best.latency_s,
        "by_scenario": {} if best is None else dict(best.by_scenario),
        "reasons": list(found.reasons),
        "runners_up": [
            {
                "model": str(one.model),
                "cost_usd": one.usd,
                "interval": _interval(interval),
                "more_usd": one.usd - (best.usd if best else 0.0),
                "quality": one.quality,
                "latency_s": one.latency_s,
            }
            for one, interval in zip(
                found.candidates[1 : 1 + runners_up],
                found.intervals[1 : 1 + runners_up],
                strict=True,
            )
        ],
        "candidates": len(found.candidates),
        "considered": found.considered,
        "excluded": {
            name: {
                "count": len(models),
                "alone": found.only[name],
                "models": [str(id_) for id_ in models],
            }
            for name, models in found.excluded.items()
        },
        "free": [str(id_) for id_ in found.free],
        "subscription": [str(id_) for id_ in found.subscription],
        "unpriced": {str(id_): reason for id_, reason in found.unpriced.items()},
        "constraints": _asked(constraints),
    }


def _interval(one: Interval) -> dict[str, float]:
    return {"low": one.low, "high": one.high, "level": one.level}


def _asked(constraints: Constraints) -> dict[str, Any]:
    """The constraints that ask something, without the tables they are measured by."""
    found = {}
    for one in fields(constraints):
        value = getattr(constraints, one.name)
        if value and one.name not in ("quality", "quality_interval", "latency_s"):
            found[one.name] = list(value) if isinstance(value, tuple) else value
    return found
