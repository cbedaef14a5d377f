"""The cost of a machine as a document."""

from __future__ import annotations

from typing import Any, Final

from modelforge.cost.hardware import BreakEven, HardwareCost, LoadCost

SCHEMA: Final = "modelforge.cost.hardware/1"


def hardware_document(machine: HardwareCost) -> dict[str, Any]:
    """Of JSON's types; what is not known is null."""
    best = machine.best
    return {
        "schema": SCHEMA,
        "usd_per_hour": machine.usd_per_hour,
        "unit": machine.unit,
        "limits": machine.limits,
        "best": None if best is None else _load(best),
        "requests_per_day": machine.requests_per_day,
        "mean_prompt_tokens": machine.prompt_tokens,
        "mean_completion_tokens": machine.completion_tokens,
        "loads": [_load(one) for one in machine.loads],
        "break_even": [_break_even(one) for one in machine.break_even],
    }


def _load(one: LoadCost) -> dict[str, Any]:
    return {
        "load": one.at.load,
        "requests_per_s": one.at.requests_per_s,
        "output_tokens_per_s": one.at.tokens_per_s,
        "usd_per_million_output_tokens": one.usd_per_million,
        "interval": {
            "low": one.interval.low,
            "high": one.interval.high,
            "level": one.interval.level,
        },
        "usd_per_request": one.usd_per_request,
        "holds": one.holds,
    }


def _break_even(one: BreakEven) -> dict[str, Any]:
    return {
        "model": str(one.model),
        "usd_per_request": one.usd_per_request,
        "requests_per_day": one.requests_per_day,
        "share_of_one_machine": one.share,
        "beaten": one.beaten,
        "note": one.note,
    }
