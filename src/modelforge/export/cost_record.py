"""A cost plan as the document that its JSON export holds."""

from __future__ import annotations

from typing import Any, Final

from modelforge.cost.plan import CostPlan, ModelDetail, ScenarioPlan
from modelforge.cost.projection import ModelBill
from modelforge.stats.interval import Interval

SCHEMA: Final = "modelforge.cost.plan/1"

_DIGITS: Final = 9


def plan_document(plan: CostPlan) -> dict[str, Any]:
    """Strings, ints, booleans, finite floats, None, lists and objects of them.

    Dollars are numbers to the billionth: a projection is an estimate, and no bill.
    """
    return {
        "schema": SCHEMA,
        "currency": "USD",
        "catalogue": {"dated": plan.dated.isoformat(), "origin": plan.origin},
        "level": plan.level,
        "seed": plan.seed,
        "scenarios": [_scenario(one) for one in plan.scenarios],
        "totals": {str(id_): _rounded(usd) for id_, usd in plan.totals.items()},
    }


def bill_record(bill: ModelBill) -> dict[str, Any]:
    """One bill."""
    return {
        "model": str(bill.model),
        "status": bill.status,
        "kind": bill.kind,
        "usd": _rounded(bill.usd),
        "interval": _interval(bill.interval),
        "usd_per_request": _rounded(bill.usd_per_request),
        "by_component": {name: _rounded(usd) for name, usd in bill.by_component.items()},
        "by_month": [_rounded(usd) for usd in bill.by_month],
        "share_above_threshold": _rounded(bill.above),
        "reasons": list(bill.reasons),
        "notes": list(bill.notes),
    }


def _scenario(plan: ScenarioPlan) -> dict[str, Any]:
    scenario = plan.scenario
    sample = scenario.requests
    return {
        "name": scenario.name,
        "requests_per_day": _rounded(scenario.prompts_per_day),
        "days": scenario.days,
        "requests": _rounded(plan.requests),
        "mean_tokens": {name: _rounded(tokens) for name, tokens in plan.mean_tokens.items()},
        "prompt_tokens": str(scenario.prompt_tokens or _rounded(scenario.avg_prompt_tokens)),
        "completion_tokens": str(
            scenario.completion_tokens or _rounded(scenario.avg_completion_tokens)
        ),
        "measured": None
        if sample is None
        else {
            "source": sample.source,
            "requests": sample.requests,
            "notes": list(sample.notes),
        },
        "cached": plan.cached,
        "reused": plan.reused,
        "models": plan.models,
        "others": dict(plan.others),
        "unpriced": dict(plan.unpriced),
        "bills": [bill_record(bill) for bill in plan.bills],
        "details": [_detail(detail) for detail in plan.details],
    }


def _detail(detail: ModelDetail) -> dict[str, Any]:
    return {
        "model": str(detail.bill.model),
        "savings": [
            {
                "name": saving.name,
                "usd": _rounded(saving.usd),
                "assumption": saving.assumption,
                "note": saving.note,
            }
            for saving in detail.savings
        ],
        "sensitivity": [
            {
                "input": swing.input,
                "low_usd": _rounded(swing.low_usd),
                "high_usd": _rounded(swing.high_usd),
                "below": swing.below,
                "above": swing.above,
            }
            for swing in detail.sensitivity
        ],
    }


def _interval(interval: Interval | None) -> dict[str, float | None] | None:
    if interval is None:
        return None
    return {
        "low": _rounded(interval.low),
        "high": _rounded(interval.high),
        "level": interval.level,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
