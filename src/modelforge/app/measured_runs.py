"""Benchmarks that were kept: reports as JSON, and records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelforge.app import benchmark_report
from modelforge.benchmark.figure import FIGURES
from modelforge.benchmark.run_diff import MeasuredRun
from modelforge.benchmark.verdict import Status
from modelforge.core.errors import UsageError
from modelforge.export.estimate_record import estimate_of
from modelforge.pricing.tariff import NoTariff

if TYPE_CHECKING:
    from modelforge.stats.estimate import Estimate

_MOST_BYTES = 64 * 2**20
_NO_PRICES = NoTariff(reason="not asked here")


def measured_run(path: Path, *, level: float | None) -> MeasuredRun:
    """What ``path`` holds: a report (``.json``) or the records of a run (anything else).

    Args:
        level: of the intervals; None: those of the report, and 0.95 of records.

    Raises:
        UsageError: the file cannot be read, is neither, has no intervals, or has them at another
            level.
    """
    if path.suffix.lower() == ".json":
        return _of_report(path, level)
    recording = benchmark_report.read(path)
    result = benchmark_report.report([recording], prices=_NO_PRICES, level=level or 0.95)
    return MeasuredRun.of(str(path), result, tuple(FIGURES.values()), level=level or 0.95)


def report_document(path: Path) -> dict[str, Any]:
    """A benchmark's JSON export, checked.

    Raises:
        UsageError: it cannot be read, or is not one.
    """
    from pydantic import ValidationError  # noqa: PLC0415 (for these only)

    from modelforge.export.benchmark_schema import BenchmarkDocument  # noqa: PLC0415 (as above)

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path}: a report has less than {_MOST_BYTES:,} bytes")
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    try:
        return BenchmarkDocument.model_validate_json(text).model_dump(by_alias=True)
    except ValidationError as fault:
        first = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"{path} is not the report of a benchmark: {where or 'it'}: {first['msg']}; write one"
            " with modelforge benchmark --export json"
        ) from None


def _of_report(path: Path, level: float | None) -> MeasuredRun:
    document = report_document(path)
    found = document["statistics"]
    if found is None:
        raise UsageError(f"{path} has no intervals: the run had fewer than 20 answers")
    if level is not None and level != found["level"]:
        raise UsageError(
            f"{path} has intervals of {found['level']:g}, not {level:g}: report again from its"
            " records with --confidence, or leave it out"
        )
    estimates: dict[str, Estimate] = {}
    for name, figure in FIGURES.items():
        if figure.statistic is None:
            record = found["rates"].get(name)
        else:
            measure = found["measures"].get(figure.measure) or {}
            record = measure.get("estimates", {}).get(figure.statistic)
        if record is not None:
            estimates[name] = estimate_of(record, level=found["level"])
    return MeasuredRun(
        name=str(path),
        model=document["model"],
        status=Status(document["verdict"]["status"]),
        level=found["level"],
        estimates=estimates,
        runs=found["runs"],
    )
