"""A cost plan as CSV: a row for each scenario and model shown."""

from __future__ import annotations

import csv
import io
from typing import Final

from modelforge.cost.bill_lines import BILL_COMPONENTS
from modelforge.cost.plan import CostPlan
from modelforge.export.cost_record import bill_record
from modelforge.export.csv_writer import guarded

COLUMNS: Final = (
    *("scenario", "days", "requests", "model", "status", "kind"),
    *("usd", "low_usd", "high_usd", "level", "usd_per_request"),
    *(f"{name}_usd" for name in BILL_COMPONENTS),
    *("share_above_threshold", "reasons", "notes"),
)


def plan_csv(plan: CostPlan) -> str:
    """RFC 4180; what is unknown is an empty cell, and text is no formula."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, dialect="excel")
    writer.writeheader()
    for one in plan.scenarios:
        for bill in one.bills:
            record = bill_record(bill)
            interval = record["interval"] or {}
            parts = record["by_component"]
            writer.writerow(
                {
                    "scenario": guarded(one.scenario.name),
                    "days": one.scenario.days,
                    "requests": one.requests,
                    "model": guarded(record["model"]),
                    "status": record["status"],
                    "kind": record["kind"],
                    "usd": record["usd"],
                    "low_usd": interval.get("low"),
                    "high_usd": interval.get("high"),
                    "level": interval.get("level"),
                    "usd_per_request": record["usd_per_request"],
                    **{f"{name}_usd": parts.get(name) for name in BILL_COMPONENTS},
                    "share_above_threshold": record["share_above_threshold"],
                    "reasons": guarded("; ".join(record["reasons"])),
                    "notes": guarded("; ".join(record["notes"])),
                }
            )
    return stream.getvalue()
