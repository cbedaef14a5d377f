"""A cost plan in the terminal: a table a scenario, then what is known of single models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

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
from modelforge.export.terminal_text import terminal_line

_PER = 1000


def cost_view(plan: CostPlan, *, hint: bool = True) -> RenderableType:
    """A rich renderable; ``hint`` says how to see more of a model where none was named."""
    parts: list[RenderableType] = []
    for one in plan.scenarios:
        parts += [*_scenario(one), Text()]
    if plan.totals:
        parts += [Text("all scenarios together", style="bold"), _totals(plan), Text()]
    parts.append(Text(source_line(plan), style="dim"))
    detailed = any(one.details for one in plan.scenarios)
    priced = any(bill.usd is not None for one in plan.scenarios for bill in one.bills)
    if hint and not detailed and priced:
        said = "Add --model PROVIDER/MODEL for its parts, months, savings and what moves it."
        parts.append(Text(said, style="dim"))
    return Group(*parts)


def _scenario(plan: ScenarioPlan) -> Iterator[RenderableType]:
    yield Text(terminal_line(plan.scenario.name), style="bold")
    yield Text(traffic_line(plan))
    for note in scenario_notes(plan):
        yield Text(terminal_line(note), style="dim")
    if plan.bills:
        yield Padding(bills_table(plan), (1, 0, 0, 0))
    else:
        yield Text("no model has a full price and can serve it", style="yellow")
    for number, remark in enumerate(_remarks(plan), start=1):
        yield _hung(f"[{number}] ", remark)
    for line in other_lines(plan):
        yield Text(terminal_line(line), style="dim")
    for detail in plan.details:
        yield Text()
        yield from _detail(detail, plan)


def bills_table(plan: ScenarioPlan) -> Table:
    """A line a model; what must be known of several is numbered, and said once under the table."""
    table = _table()
    remarks = _remarks(plan)
    table.add_column("model", overflow="fold", ratio=None)
    days = f"{plan.scenario.days} days"
    table.add_column(days, justify="right", no_wrap=True)
    table.add_column("interval", justify="right", no_wrap=True)
    table.add_column("per 1,000", justify="right", no_wrap=True)
    for bill in plan.bills:
        each = None if bill.usd_per_request is None else bill.usd_per_request * _PER
        table.add_row(_named(bill, remarks), _amount(bill), interval_text(bill.interval), usd(each))
    return table


def _remarks(plan: ScenarioPlan) -> list[str]:
    """What must be known of bills, each once, in the order it is first needed."""
    return list(dict.fromkeys(said for bill in plan.bills for said in _said(bill)))


def _said(bill: ModelBill) -> tuple[str, ...]:
    """Why a price is missing, or in part; and what was taken instead, where there is a price."""
    return bill.reasons if bill.usd is None else (*bill.reasons, *bill.notes)


def _named(bill: ModelBill, remarks: Sequence[str]) -> Text:
    name = Text(terminal_line(str(bill.model)))
    for said in dict.fromkeys(_said(bill)):
        name.append(f" [{remarks.index(said) + 1}]", style="dim")
    facts = [
        {"free": "listed as free", "subscription": "paid by a subscription"}.get(bill.kind, ""),
        bill.status if bill.status != "priced" and bill.kind != "subscription" else "",
        f"{bill.above:.1%} at the price of long prompts" if bill.above else "",
    ]
    for part in filter(None, facts):
        name.append(f"\n  {terminal_line(part)}", style="dim")
    return name


def _hung(mark: str, said: str) -> Table:
    """A remark behind its mark, its further lines under the first."""
    table = Table.grid(padding=0)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold", style="dim")
    table.add_row(Text(mark), Text(terminal_line(said)))
    return table


def _amount(bill: ModelBill) -> str:
    if bill.usd is None:
        return "?"
    return f"{usd(bill.usd)}+" if bill.status == "partial" else usd(bill.usd)


def _detail(detail: ModelDetail, plan: ScenarioPlan) -> Iterator[RenderableType]:
    bill = detail.bill
    yield Text(terminal_line(str(bill.model)), style="bold")
    facts = _table(header=False)
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    total = bill.usd or 1.0
    parts = [
        f"{word} {usd(amount)} ({amount / total:.0%})" for word, amount in component_words(bill)
    ]
    facts.add_row("parts", " · ".join(parts))
    if len(bill.by_month) > 1:
        months = [f"{place}: {usd(amount)}" for place, amount in enumerate(bill.by_month, start=1)]
        facts.add_row("months", " · ".join(months))
    yield facts
    if detail.sensitivity:
        yield Text("what moves the bill, each by 10 %", style="dim")
        yield _tornado(detail)
    if detail.savings:
        yield Text(f"what could be saved in {plan.scenario.days} days", style="dim")
        yield _savings(detail)


def _tornado(detail: ModelDetail) -> Table:
    table = _table(header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    widest = max(swing.width_usd for swing in detail.sensitivity) or 1.0
    for swing in detail.sensitivity:
        half = swing.width_usd / 2
        bar = "█" * max(1, round(16 * swing.width_usd / widest)) if half else ""
        unit = swing.above.partition(" ")[2]
        below = swing.below.removesuffix(f" {unit}") if unit else swing.below
        table.add_row(
            swing.input,
            Text(bar, style="cyan"),
            f"± {usd(half)}",
            f"{below} to {swing.above}",
        )
    return table


def _savings(detail: ModelDetail) -> Table:
    table = _table(header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for saving in detail.savings:
        amount = "none" if saving.usd is None else usd(saving.usd)
        said = (
            saving.assumption if saving.note is None else f"{saving.note} (if {saving.assumption})"
        )
        table.add_row(saving.name, amount, terminal_line(said))
    return table


def _totals(plan: CostPlan) -> Table:
    table = _table(header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for id_, amount in plan.totals.items():
        table.add_row(Text(terminal_line(str(id_))), usd(amount))
    return table


def _table(*, header: bool = True) -> Table:
    return Table(
        box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_header=header
    )
