"""Stored runs against a budget as a use case."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modelforge.app import benchmark_report
from modelforge.app.registry import ModelForgeRegistry
from modelforge.config.load import Configuration
from modelforge.core.errors import UsageError
from modelforge.core.model_id import ModelId
from modelforge.cost.spending import BudgetReport, SpentRun
from modelforge.export.budget_record import budget_document
from modelforge.providers.webhook import post_webhook
from modelforge.scenarios.spent import read_spent


def read_runs(paths: Sequence[Path], configuration: Configuration) -> list[SpentRun]:
    """What the runs in ``paths`` spent; records of a benchmark are priced by today's prices.

    Raises:
        UsageError: a file cannot be used, or is named twice.
    """
    resolved = [path.resolve() for path in paths]
    for place, path in enumerate(resolved):
        if path in resolved[:place]:
            raise UsageError(f"{paths[place]} is named twice: it would be counted twice")
    return [
        _of_records(path, configuration) if path.suffix == ".arrows" else read_spent(path)
        for path in paths
    ]


async def alert(url: str, report: BudgetReport) -> None:
    """Post that thresholds were reached.

    Raises:
        UsageError: ``url`` is no address.
        RequestError: the message was not taken.
    """
    require_address(url)
    await post_webhook(url, alert_message(report))


def alert_message(report: BudgetReport) -> dict[str, Any]:
    """The report, and a line of ``text`` that chat services show."""
    highest = max(report.reached)
    return {
        "text": f"ModelForge: ${report.spent_usd:f} of ${report.limit_usd:f} is spent"
        f" ({report.share:.0%}); the threshold of {highest:.0%} is reached",
        **budget_document(report),
    }


def require_address(url: str) -> None:
    """Refuse what is no http(s) address; it is not shown, for it may hold a secret.

    Raises:
        UsageError: it is none.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("--webhook is no address: write https://host/path")


def _of_records(path: Path, configuration: Configuration) -> SpentRun:
    recording = benchmark_report.read(path)
    with ModelForgeRegistry(configuration) as registry:
        prices = registry.prices(ModelId.parse(recording.plan.model))
    result = benchmark_report.report([recording], prices=prices)
    return SpentRun(
        source=str(path),
        usd=result.total_cost,
        requests=result.total_requests + result.warmup_requests,
        unpriced=result.unpriced,
        note=result.cost_note,
    )
