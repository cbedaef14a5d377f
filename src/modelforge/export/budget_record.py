"""Spending against a budget, as a document and as a table."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelforge.cost.spending import BudgetReport
from modelforge.export.benchmark_record import decimal
from modelforge.export.measure import count, dollars
from modelforge.export.terminal_text import terminal_line

SCHEMA: Final = "modelforge.cost.budget/1"


def budget_document(report: BudgetReport) -> dict[str, Any]:
    """Of JSON's types; dollars are decimal strings, exact."""
    return {
        "schema": SCHEMA,
        "limit_usd": decimal(report.limit_usd),
        "spent_usd": decimal(report.spent_usd),
        "share": round(report.share, 6),
        "thresholds": list(report.thresholds),
        "reached": list(report.reached),
        "unpriced": report.unpriced,
        "runs": [
            {
                "source": run.source,
                "usd": decimal(run.usd),
                "requests": run.requests,
                "unpriced": run.unpriced,
                "note": run.note,
            }
            for run in report.runs
        ],
    }


def budget_view(report: BudgetReport) -> RenderableType:
    """What is spent first, then run by run."""
    style = "bold red" if report.reached else "bold green"
    whole = Text(
        f"{dollars(report.spent_usd)} of {dollars(report.limit_usd)} spent, {report.share:.1%}",
        style=style,
    )
    parts: list[RenderableType] = [whole]
    if report.reached:
        parts.append(Text(f"the threshold of {max(report.reached):.0%} is reached"))
    if report.unpriced:
        parts.append(
            Text(
                f"{count(report.unpriced)} requests have no known cost: the bill may be higher",
                style="yellow",
            )
        )
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("run", overflow="fold")
    for heading in ("requests", "spent"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in report.runs:
        name = Text(terminal_line(run.source))
        if run.note:
            name.append(f"\n  {terminal_line(run.note)}", style="dim")
        amount = "?" if run.usd is None else dollars(run.usd)
        table.add_row(
            name, count(run.requests), f"{amount}+" if run.usd and run.unpriced else amount
        )
    return Group(*parts, Text(), table)
