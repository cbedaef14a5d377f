"""What stored runs say that they spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from modelforge.core.errors import ScenarioError
from modelforge.cost.spending import SpentRun
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.wording import place, plain, quoted
from modelforge.scenarios.measured import read_log
from modelforge.scenarios.rows import read_document
from modelforge.scenarios.usage_row import COST_FIELDS

_SEARCHES = ("modelforge.benchmark.sweep/1", "modelforge.benchmark.find-max/1")


def read_spent(path: Path) -> SpentRun:
    """The spending of an export: a comparison, a benchmark, a search over loads, or a log with a
    cost in every row (``cost_usd``, LiteLLM's ``spend``).

    Raises:
        ScenarioError: the file cannot be used, or has no costs.
    """
    name = plain(str(path))
    if path.suffix.lower() != ".json":
        return _of_rows(((row.line, row.value) for row in read_log(path)), name)
    document = read_document(path, largest=ROW_LIMIT, what="a stored run")
    if not isinstance(document, Mapping):
        raise ScenarioError(f"{name}: no export of a run")
    schema = document.get("schema")
    try:
        if schema == "modelforge.benchmark/1":
            return _joined([_of_benchmark(document, name)], name)
        if schema in _SEARCHES:
            probes = [_of_benchmark(probe["result"], name) for probe in document["probes"]]
            return _joined(probes, name)
        if schema == "modelforge.comparison/1":
            return _of_rows(((None, row) for row in document["results"]), name)
    except (KeyError, TypeError, InvalidOperation) as error:
        raise ScenarioError(f"{name}: its costs cannot be read: {error!r}") from None
    raise ScenarioError(f"{name}: no export of a run of ModelForge")


def _of_benchmark(document: Mapping[str, Any], name: str) -> SpentRun:
    cost = document["cost_usd"]
    return SpentRun(
        source=name,
        usd=None if cost is None else Decimal(cost),
        requests=int(document["requests"]["total"]),
        unpriced=int(document["unpriced"]),
        note=document["cost_note"],
    )


def _joined(runs: list[SpentRun], name: str) -> SpentRun:
    known = [run.usd for run in runs if run.usd is not None]
    return SpentRun(
        source=name,
        usd=sum(known, Decimal(0)) if known else None,
        requests=sum(run.requests for run in runs),
        unpriced=sum(run.unpriced for run in runs),
        note=next((run.note for run in runs if run.note), None),
    )


def _of_rows(rows: Iterable[tuple[int | None, Any]], name: str) -> SpentRun:
    usd, requests, unpriced, priced = Decimal(0), 0, 0, 0
    note = None
    for line, row in rows:
        where = name if line is None else place(name, line)
        if not isinstance(row, Mapping):
            raise ScenarioError(f"{where}: a request is an object")
        if not any(field in row for field in COST_FIELDS):
            raise ScenarioError(f"{where}: no field with a cost ({' or '.join(COST_FIELDS)})")
        requests += 1
        given = next(
            (row[field] for field in COST_FIELDS if row.get(field) not in (None, "")), None
        )
        if given is None:
            if not row.get("error"):
                unpriced += 1
                note = note or (row.get("cost_note") or None)
            continue
        usd += _amount(given, where)
        priced += 1
    if not requests:
        raise ScenarioError(f"{name}: there is no request in it")
    return SpentRun(
        source=name, usd=usd if priced else None, requests=requests, unpriced=unpriced, note=note
    )


def _amount(given: Any, where: str) -> Decimal:
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ScenarioError(f"{where}: {quoted(str(given))} is no amount of US dollars")
    return amount
