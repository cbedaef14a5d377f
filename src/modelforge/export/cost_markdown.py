"""A cost plan as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from modelforge.cost.plan import CostPlan, ModelDetail, ScenarioPlan
from modelforge.cost.projection import ModelBill
from modelforge.export.cost_lines import (
    component_words,
    interval_text,
    other_lines,
    scenario_notes,
    source_line,
    traffic_line,
    usd,
)
from modelforge.export.markdown_text import code


def plan_markdown(plan: CostPlan) -> str:
    """A document to read: a table a scenario, then single models, then where prices are from."""
    blocks = ["# Cost plan"]
    for one in plan.scenarios:
        blocks += _scenario(one)
    if plan.totals:
        blocks.append("## All scenarios together")
        rows = [[code(str(id_)), usd(amount)] for id_, amount in plan.totals.items()]
        blocks.append(_table(["model", "bill"], rows))
    blocks.append(source_line(plan))
    return "\n\n".join(blocks) + "\n"


def _scenario(plan: ScenarioPlan) -> Iterator[str]:
    yield f"## {code(plan.scenario.name)}"
    notes = [traffic_line(plan), *(code(note) for note in scenario_notes(plan))]
    yield "\n".join(f"- {note}" for note in notes)
    rows = [
        [
            code(str(bill.model)),
            usd(bill.usd) + ("+" if bill.status == "partial" else ""),
            interval_text(bill.interval),
            usd(None if bill.usd_per_request is None else bill.usd_per_request * 1000),
            code(_said(bill)),
        ]
        for bill in plan.bills
    ]
    heads = ["model", f"{plan.scenario.days} days", "interval", "per 1,000", "note"]
    yield _table(heads, rows, texts=2)
    others = list(other_lines(plan))
    if others:
        yield "\n".join(f"- {code(line)}" for line in others)
    for detail in plan.details:
        yield from _detail(detail)


def _said(bill: ModelBill) -> str:
    kind = "" if bill.kind in ("metered", "unknown") else bill.kind
    status = "" if bill.status == "priced" else bill.status
    return "; ".join(part for part in (kind, status, *bill.reasons, *bill.notes) if part)


def _detail(detail: ModelDetail) -> Iterator[str]:
    yield f"### {code(str(detail.bill.model))}"
    rows = [[word, usd(amount)] for word, amount in component_words(detail.bill)]
    yield _table(["part", "bill"], rows)
    if len(detail.bill.by_month) > 1:
        months = [
            [f"month {place}", usd(amount)]
            for place, amount in enumerate(detail.bill.by_month, start=1)
        ]
        yield _table(["", "bill"], months)
    if detail.sensitivity:
        yield _table(
            ["input, 10 % lower and higher", "lower", "higher"],
            [[one.input, usd(one.low_usd), usd(one.high_usd)] for one in detail.sensitivity],
        )
    if detail.savings:
        yield _table(
            ["saving", "US dollars", "if"],
            [
                [
                    one.name,
                    "none" if one.usd is None else usd(one.usd),
                    code(one.assumption if one.note is None else f"{one.note}; {one.assumption}"),
                ]
                for one in detail.savings
            ],
        )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int = 1) -> str:
    """The first column is text, the others numbers; of two ``texts`` the last one too."""
    numbers = ["---:"] * (len(head) - texts)
    lines = (head, ["---", *numbers, *["---"] * (texts - 1)], *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
