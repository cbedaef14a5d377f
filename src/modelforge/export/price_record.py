"""A priced call as a document, as CSV, as Markdown and as a table to read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from modelforge.export.csv_writer import guarded
from modelforge.export.markdown_text import code
from modelforge.export.terminal_text import terminal_line
from modelforge.pricing.charge import ChargeLine
from modelforge.pricing.priced_call import PricedCall
from modelforge.pricing.tariff import NoTariff, Rule

SCHEMA: Final = "modelforge.price/1"
_CENTS: Final = 2
_COLUMNS: Final = ("component", "quantity", "rate_usd", "per", "usd", "rule")


def price_document(call: PricedCall) -> dict[str, Any]:
    """Of JSON's types; dollars are text, exact, in plain digits."""
    bill = call.charge
    between = call.range
    return {
        "schema": SCHEMA,
        "usd": None if bill.cost is None else str(bill.cost),
        "status": bill.status,
        "kind": bill.kind,
        "reasons": list(bill.reasons),
        "lines": [_line(line) for line in bill.lines],
        "range": between
        and {
            "low": str(between.low),
            "high": str(between.high),
            "sources": list(between.sources),
        },
        "basis": _basis(call),
    }


def price_json(call: PricedCall) -> str:
    """The document, indented, ASCII: what others wrote in it is only ever data."""
    return json.dumps(price_document(call), indent=2, allow_nan=False) + "\n"


def price_csv(call: PricedCall) -> str:
    """A row a component and one of the total; unknown is an empty cell."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, dialect="excel")
    rows.writerow(_COLUMNS)
    for line in call.charge.lines:
        cells = _line(line)
        rule = guarded(line.rule.text) if line.rule else ""
        rows.writerow([*(cells[name] for name in _COLUMNS[:-1]), rule])
    bill = call.charge
    reasons = guarded("; ".join(bill.reasons))
    cost = "" if bill.cost is None else str(bill.cost)
    rows.writerow(["total", call.requests, "", bill.status, cost, reasons])
    return text.getvalue()


def price_markdown(call: PricedCall) -> str:
    """A table of the components, and what the price rests on."""
    bill = call.charge
    lines = [f"## {code(str(call.quote.asked))}", "", f"**{_headline(call)}**", ""]
    if bill.lines:
        lines += ["| component | quantity | rate | USD |", "| --- | ---: | ---: | ---: |"]
        lines += [
            f"| {line.component} | {line.quantity:,} | {_rate(line)} | {cost} |"
            for line, cost in zip(bill.lines, _costs(bill.lines), strict=True)
        ]
        lines.append("")
    lines += [f"- {name}: {code(text)}" for name, text in _facts(call)]
    return "\n".join(lines) + "\n"


def price_table_view(call: PricedCall) -> list[Table | Text]:
    """The price, its components and what it rests on; clean, to print one after the other."""
    parts: list[Table | Text] = [
        Text(f"{terminal_line(str(call.quote.asked))}  {_headline(call)}", style="bold")
    ]
    if call.charge.lines:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
        table.add_column("component", no_wrap=True)
        for heading in ("quantity", "rate", "USD"):
            table.add_column(heading, justify="right", no_wrap=True)
        lines = call.charge.lines
        for line, cost in zip(lines, _costs(lines), strict=True):
            table.add_row(line.component, f"{line.quantity:,}", _rate(line), cost)
        parts += [Text(), table]
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for name, text in _facts(call):
        facts.add_row(Text(name, style="dim"), Text(terminal_line(text)))
    return [*parts, Text(), facts]


def _line(line: ChargeLine) -> dict[str, Any]:
    quantity = line.quantity
    return {
        "component": line.component,
        "quantity": int(quantity) if quantity == int(quantity) else float(quantity),
        "rate_usd": None if line.rate is None else _plain(line.rate),
        "per": "request" if line.component == "request" else "million tokens",
        "usd": None if line.cost is None else str(line.cost),
        "rule": _rule(line.rule),
    }


def _basis(call: PricedCall) -> dict[str, Any]:
    quote, bill = call.quote, call.charge
    mean = Decimal(call.usage.input_total) / call.requests
    return {
        "model": str(quote.asked),
        "priced_as": None if quote.priced_as is None else str(quote.priced_as),
        "resolved": _rule(quote.resolved),
        "source": quote.source,
        "as_of": None if quote.as_of is None else _iso(quote.as_of),
        "mode": quote.mode,
        "requests": call.requests,
        "tier": {
            "above_input_tokens": bill.above_tokens,
            "input_tokens_per_request": float(mean),
            "rule": _tier_rule(call),
        },
        "rules": [_rule(rule) for rule in quote.terms.rules],
        "others": [
            {
                "component": other.component,
                "ours_usd": _plain(other.ours),
                "theirs_usd": _plain(other.rate),
                "source": other.source,
            }
            for other in quote.disputed
        ],
    }


def _tier_rule(call: PricedCall) -> str:
    tiers = (
        ""
        if isinstance(call.quote.terms, NoTariff) or not call.quote.terms.tiers
        else "; " + (", ".join(f"above {tier.above_tokens:,}" for tier in call.quote.terms.tiers))
    )
    if call.requests == 1:
        return f"the whole request is priced at the tier its input reaches{tiers}"
    return f"the mean input of a request decides its tier: requests are not added up{tiers}"


def _facts(call: PricedCall) -> list[tuple[str, str]]:
    quote, bill = call.quote, call.charge
    above = bill.above_tokens
    facts: list[tuple[str, str | None]] = [
        *(("why" if bill.cost is None else "missing", reason) for reason in bill.reasons),
        ("source", quote.source),
        ("priced as", f"{quote.priced_as}: {quote.resolved.text}" if quote.resolved else None),
        ("mode", None if quote.mode == "standard" else quote.mode),
        ("as of", None if quote.as_of is None else _iso(quote.as_of)),
        ("requests", None if call.requests == 1 else f"{call.requests:,}; {_tier_rule(call)}"),
        (
            "tier",
            None if above is None else f"above {above:,} input tokens: all of it at its rates",
        ),
        *(("rule", _with_source(rule)) for rule in quote.terms.rules),
        *((line.component, _with_source(line.rule)) for line in bill.lines if line.rule),
        ("range", _range(call)),
    ]
    return [(name, text) for name, text in facts if text]


def _headline(call: PricedCall) -> str:
    bill = call.charge
    if bill.cost is None:
        return "paid by a plan" if bill.kind == "subscription" else "unpriced"
    if bill.status == "partial":
        return f"at least ${bill.cost} (partial)"
    return "listed as free" if bill.kind == "free" else f"${bill.cost}"


def _range(call: PricedCall) -> str | None:
    between = call.range
    if between is None:
        return None
    others = " and ".join(between.sources)
    return f"${between.low} to ${between.high}: the rates of {others} are others"


def _with_source(rule: Rule) -> str:
    dated = f", {rule.dated}" if rule.dated else ""
    return f"{rule.text} ({rule.source}{dated})" if rule.source else rule.text


def _rate(line: ChargeLine) -> str:
    if line.rate is None:
        return "?"
    per = "request" if line.component == "request" else "M"
    plain = _plain(line.rate)
    return f"${line.rate:.{max(_CENTS, _places(plain))}f}/{per}"


def _costs(lines: Sequence[ChargeLine]) -> list[str]:
    """Exact, each with the places of the longest, so that their points stand below each other."""
    places = max((_places(str(line.cost)) for line in lines if line.cost is not None), default=0)
    return ["?" if line.cost is None else f"{line.cost.usd:.{places}f}" for line in lines]


def _places(digits: str) -> int:
    """Digits behind the point."""
    return len(digits.partition(".")[2])


def _rule(rule: Rule | None) -> dict[str, str | None] | None:
    return None if rule is None else {"text": rule.text, "source": rule.source, "dated": rule.dated}


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
