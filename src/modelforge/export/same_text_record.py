"""The same text at several models as a document, as CSV, as Markdown and as a table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from modelforge.cost.same_text import SameText
from modelforge.cost.token_count import TokenCount
from modelforge.export.csv_writer import guarded
from modelforge.export.markdown_text import code
from modelforge.export.terminal_text import terminal_line

_COLUMNS = ("model", "prompt_tokens", "answer_tokens", "exact", "usd", "status", "how")


def same_text_json(rows: Sequence[SameText]) -> str:
    """A list of models, in the order they were asked for."""
    document = {"schema": "modelforge.same-text/1", "models": [_object(row) for row in rows]}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def same_text_csv(rows: Sequence[SameText]) -> str:
    """A row a model; unknown is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, dialect="excel")
    writer.writerow(_COLUMNS)
    for row in rows:
        bill = row.call.charge
        cost = "" if bill.cost is None else str(bill.cost)
        exact = "true" if row.exact else "false"
        tokens = (row.prompt.tokens, row.answer.tokens)
        writer.writerow(
            [guarded(str(row.id)), *tokens, exact, cost, bill.status, guarded(row.prompt.rule.text)]
        )
    return text.getvalue()


def same_text_markdown(rows: Sequence[SameText]) -> str:
    """A row a model."""
    lines = ["| model | prompt | answer | USD | tokens |", "| --- | ---: | ---: | ---: | --- |"]
    lines += [
        f"| {code(str(row.id))} | {_count(row.prompt)} | {_count(row.answer)} | {_usd(row)} |"
        f" {row.prompt.rule.text} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def same_text_table(rows: Sequence[SameText]) -> Table:
    """A line a model; ``~`` stands before an estimate."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    for heading in ("prompt", "answer", "USD"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("tokens", overflow="fold")
    for row in rows:
        how = row.prompt.rule.text
        missing = "; ".join(row.call.charge.reasons)
        table.add_row(
            Text(terminal_line(str(row.id))),
            _count(row.prompt),
            _count(row.answer),
            _usd(row),
            Text(terminal_line(f"{how}; {missing}" if missing else how)),
        )
    return table


def _object(row: SameText) -> dict[str, Any]:
    bill = row.call.charge
    return {
        "model": str(row.id),
        "prompt": _tokens(row.prompt),
        "answer": _tokens(row.answer),
        "usd": None if bill.cost is None else str(bill.cost),
        "status": bill.status,
        "kind": bill.kind,
        "reasons": list(bill.reasons),
    }


def _tokens(count: TokenCount) -> dict[str, Any]:
    rule = count.rule
    return {
        "tokens": count.tokens,
        "exact": count.exact,
        "rule": {"text": rule.text, "source": rule.source, "dated": rule.dated},
    }


def _count(count: TokenCount) -> str:
    return f"{count.tokens:,}" if count.exact else f"~{count.tokens:,}"


def _usd(row: SameText) -> str:
    bill = row.call.charge
    if bill.cost is None:
        return "?"
    about = "" if row.exact else "~"
    least = "at least " if bill.status == "partial" else ""
    free = " (free)" if bill.kind == "free" else ""
    return f"{least}{about}{bill.cost}{free}"
