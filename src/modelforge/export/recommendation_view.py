"""A recommendation in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from modelforge.cost.scenario import CostScenario
from modelforge.export.cost_lines import interval_text, usd
from modelforge.export.measure import count
from modelforge.export.terminal_text import terminal_line
from modelforge.stats.interval import Interval


def recommendation_view(
    record: Mapping[str, Any], scenarios: Sequence[CostScenario], *, prices: str
) -> RenderableType:
    """The answer first, then the next best, what each condition excluded, and whose ``prices``."""
    parts: list[RenderableType] = []
    names = ", ".join(terminal_line(one.name) for one in scenarios)
    if record["recommended"] is None:
        parts.append(Text("no model", style="bold red"))
    else:
        parts.append(Text(terminal_line(record["recommended"]), style="bold green"))
        ends = Interval(**record["interval"])
        sure = f" ({interval_text(ends)})" if ends.low < ends.high else ""
        parts.append(Text(f"{usd(record['cost_usd'])}{sure} for {names}"))
    parts += [Text(terminal_line(reason), style="dim") for reason in record["reasons"]]
    if record["runners_up"]:
        parts += [Text(), Text("next best", style="bold"), _runners_up(record)]
    parts += [Text(), Text("what each condition excluded", style="bold"), _excluded(record)]
    others = [
        (record["free"], "listed as free"),
        (record["subscription"], "paid by a subscription"),
        (record["unpriced"], "without a full price"),
    ]
    said = [f"{count(len(models))} {words}" for models, words in others if models]
    if said:
        line = f"They meet every condition and are no candidates: {', '.join(said)}."
        parts += [Text(), Text(line, style="dim")]
    parts += [Text(), Text(prices, style="dim")]
    return Group(*parts)


def _runners_up(record: Mapping[str, Any]) -> Table:
    table = _table()
    table.add_column("model", overflow="fold")
    for heading in ("bill", "interval", "more"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in record["runners_up"]:
        interval = Interval(**one["interval"])
        table.add_row(
            terminal_line(one["model"]),
            usd(one["cost_usd"]),
            interval_text(interval),
            usd(one["more_usd"]),
        )
    return table


def _excluded(record: Mapping[str, Any]) -> Table:
    table = _table()
    table.add_column("condition", overflow="fold")
    table.add_column("models", justify="right", no_wrap=True)
    table.add_column("it alone", justify="right", no_wrap=True)
    for name, found in record["excluded"].items():
        table.add_row(terminal_line(name), count(found["count"]), count(found["alone"]))
    return table


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
