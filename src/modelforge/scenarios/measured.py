"""Measured requests: what stored runs and usage logs say of single requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np

from modelforge.core.errors import ScenarioError
from modelforge.cost.request_sample import HOURS_OF_A_WEEK, RequestSample
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import listed, place, plain, quoted
from modelforge.scenarios.rows import read_document, read_rows
from modelforge.scenarios.usage_row import UsageRow, read_usage

LARGEST_BYTES: Final = 512 * 2**20
"""Of a file of measured requests."""

_DAY_S: Final = 86400
_HOUR_S: Final = 3600
_LEAST_SPAN_S: Final = 600
_MONDAY: Final = 4 * _DAY_S  # 1970-01-05


def read_measured(path: Path, *, model: str | None = None) -> RequestSample:
    """The requests of a file: a comparison, a benchmark, or a usage log.

    Args:
        model: only the requests to this model, as the file names it.

    Raises:
        ScenarioError: the file cannot be used, or holds no request with token counts.
    """
    suffix, name = path.suffix.lower(), plain(str(path))
    if suffix == ".arrows":
        from modelforge.scenarios.records import read_records  # noqa: PLC0415 (it loads Arrow)

        return read_records(path)
    rows = _of_document(path) if suffix == ".json" else read_log(path)
    found: list[UsageRow] = []
    models: set[str] = set()
    seen = failed = uncounted = 0
    for row in rows:
        where = name if row.line is None else place(name, row.line)
        usage = read_usage(row.value, where)
        seen += 1
        if usage is None:
            failed += 1
            continue
        if usage.model is not None:
            models.add(usage.model)
        if model is not None and usage.model != model:
            continue
        if usage.prompt is None or usage.completion is None:
            uncounted += 1
            continue
        found.append(usage)
    if not found:
        raise ScenarioError(_nothing(name, seen, model, models))
    return _sample(found, name, failed=failed, uncounted=uncounted, models=models, model=model)


def read_log(path: Path) -> Iterable[Row]:
    """The rows of a log or of an export that has rows.

    Raises:
        ScenarioError: the file cannot be used.
    """
    rows = read_rows(path, largest=LARGEST_BYTES, what="a file of measured requests")
    return chain.from_iterable(map(_buckets, rows))


def _of_document(path: Path) -> Iterable[Row]:
    what = "a JSON file of measured requests"
    document = read_document(path, largest=ROW_LIMIT, what=what)
    if isinstance(document, list):
        return chain.from_iterable(_buckets(Row(value=value)) for value in document)
    if not isinstance(document, Mapping):
        raise ScenarioError(f"{plain(str(path))}: neither an object nor a list")
    schema = document.get("schema")
    if schema == "modelforge.comparison/1":
        return [Row(value=value) for value in document.get("results", ())]
    if schema == "modelforge.benchmark/1":
        return [Row(value=_of_benchmark(document))]
    if schema in ("modelforge.benchmark.sweep/1", "modelforge.benchmark.find-max/1"):
        probes = document.get("probes", ())
        return [Row(value=_of_benchmark(probe["result"])) for probe in probes]
    if isinstance(document.get("data"), list):
        return _buckets(Row(value=document))
    raise ScenarioError(
        f"{plain(str(path))}: neither an export of ModelForge nor a usage export; a log of requests"
        " is JSON Lines (.jsonl) or CSV"
    )


def _of_benchmark(document: Mapping[str, Any]) -> dict[str, Any]:
    """A benchmark's totals as one row of so many requests."""
    tokens, counts = document["tokens"], document["requests"]
    return {
        "model": document.get("model"),
        "num_model_requests": counts["successful"],
        "prompt_tokens": tokens["prompt"],
        "completion_tokens": tokens["completion"],
        "cached_tokens": tokens["cached"],
        "reasoning_tokens": tokens["reasoning"],
    }


def _buckets(row: Row) -> Iterator[Row]:
    """The rows of a page of OpenAI's usage, which holds buckets of results; others as they are."""
    value = row.value
    if isinstance(value, Mapping) and isinstance(value.get("data"), list):
        for bucket in value["data"]:
            yield from _buckets(Row(value=bucket, line=row.line))
    elif isinstance(value, Mapping) and isinstance(value.get("results"), list):
        for result in value["results"]:
            timed = {"start_time": value.get("start_time"), **result}
            yield Row(value=timed, line=row.line)
    else:
        yield row


def _sample(
    found: Sequence[UsageRow],
    name: str,
    *,
    failed: int,
    uncounted: int,
    models: set[str],
    model: str | None,
) -> RequestSample:
    weights = np.array([row.requests for row in found], dtype=np.float64)

    def column(values: Iterable[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
        filled = [0.0 if value is None else value for value in values]
        return np.array(filled, dtype=np.float64) / weights

    hours, per_day, about = _times(found)
    notes = [*about]
    if (weights > 1).any():
        notes.append(
            "its rows are sums of several requests: how much single requests differ is not in it,"
            " so a higher price for long prompts may be missed and the interval is too narrow"
        )
    if failed:
        notes.append(f"{failed:,} failed or unbilled requests are left out")
    if uncounted:
        notes.append(f"{uncounted:,} requests without token counts are left out")
    if model is None and len(models) > 1:
        notes.append(f"of {len(models)} models together: {listed(sorted(models))}")
    return RequestSample(
        prompt=column(row.prompt for row in found),
        completion=column(row.completion for row in found),
        cached=column(row.cached for row in found),
        written=column(row.written for row in found),
        reasoning=column(row.reasoning for row in found),
        weights=weights,
        source=name,
        hours=hours,
        per_day=per_day,
        notes=tuple(notes),
    )


def _times(found: Sequence[UsageRow]) -> tuple[tuple[float, ...], float | None, list[str]]:
    """Requests by hour, requests a day, and what to say of them."""
    timed = [(row.at_s, row.requests) for row in found if row.at_s is not None]
    if len(timed) < len(found):
        return (), None, []
    at = np.array([moment for moment, _ in timed])
    requests = np.array([count for _, count in timed], dtype=np.float64)
    span_s = float(np.ptp(at))
    if span_s < _LEAST_SPAN_S:
        return (), None, []
    if (requests > 1).any():  # buckets: the last is as long as the others
        steps = np.diff(np.unique(at))
        span_s += float(np.median(steps)) if steps.size else 0.0
    per_day = float(requests.sum()) / span_s * _DAY_S
    notes = []
    if span_s < _DAY_S:
        notes.append(
            f"it is {span_s / _HOUR_S:.1f} hours long: requests a day that are not given are scaled"
            " up from that"
        )
        return (), per_day, notes
    whole = HOURS_OF_A_WEEK if span_s >= 7 * _DAY_S else 24
    hour = ((at - _MONDAY) // _HOUR_S).astype(np.int64) % whole
    if (requests > 1).any() and np.unique(hour).size <= 1:
        return (), per_day, notes  # buckets of a day say nothing of its hours
    return tuple(np.bincount(hour, weights=requests, minlength=whole).tolist()), per_day, notes


def _nothing(name: str, seen: int, model: str | None, models: set[str]) -> str:
    if not seen:
        return f"{name}: there is no request in it"
    if model is not None and model not in models:
        known = listed(sorted(models)) if models else "none is named"
        return f"{name}: no request to {quoted(model)}; its models: {known}"
    return f"{name}: none of its {seen:,} rows has token counts and an answer"
