"""The cost of a machine in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelforge.cost.hardware import BreakEven, HardwareCost
from modelforge.export.cost_lines import usd
from modelforge.export.measure import speed
from modelforge.export.terminal_text import terminal_line


def hardware_view(machine: HardwareCost) -> RenderableType:
    """The price at the best load first, then every load, then the APIs."""
    parts: list[RenderableType] = [*_head(machine), Text(), _loads(machine)]
    if machine.break_even:
        parts += [Text(), Text("beats an API from", style="bold"), _apis(machine)]
    return Group(*parts)


def _head(machine: HardwareCost) -> Iterator[Text]:
    best = machine.best
    if best is None:
        yield Text(f"no load holds {machine.limits}", style="bold red")
        return
    low, high = usd(best.interval.low), usd(best.interval.high)
    yield Text(f"{usd(best.usd_per_million)} per million output tokens", style="bold green")
    level = f"{best.interval.level:.0%}"
    yield Text(f"{low} to {high} ({level}), at {best.at.load:,.4g} {machine.unit}")
    held = (
        f"the highest load that holds {machine.limits}"
        if machine.limits
        else "the load of the lowest price; --slo says what must hold"
    )
    yield Text(f"{held}, for ${machine.usd_per_hour:,.2f} an hour, kept busy", style="dim")


def _loads(machine: HardwareCost) -> Table:
    table = _table()
    for heading in ("load", "requests/s", "tokens/s", "per million", "interval", "holds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in machine.loads:
        table.add_row(
            f"{one.at.load:,.4g}",
            speed(one.at.requests_per_s),
            speed(one.at.tokens_per_s),
            usd(one.usd_per_million),
            f"{usd(one.interval.low)} to {usd(one.interval.high)}",
            {True: "yes", False: "no", None: ""}[one.holds],
        )
    return table


def _apis(machine: HardwareCost) -> Table:
    table = _table()
    table.add_column("model", overflow="fold")
    for heading in ("per 1,000", "requests a day", "of one machine"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in machine.break_even:
        each = None if one.usd_per_request is None else one.usd_per_request * 1000
        name = Text(terminal_line(str(one.model)))
        if one.note:
            name.append(f"\n  {terminal_line(one.note)}", style="dim")
        table.add_row(name, usd(each), *_needed(one))
    return table


def _needed(one: BreakEven) -> tuple[str, str]:
    if one.requests_per_day is None or one.share is None:
        return "?", "?"
    if not one.beaten:
        return "never", f"{one.share:,.1f} x what it can"
    return f"{one.requests_per_day:,.0f}", f"{one.share:.0%}"


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
