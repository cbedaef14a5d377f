"""A number for each model, in a file of the user's: scores, latencies."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from modelforge.core.errors import ScenarioError
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.wording import listed, place, plain, quoted
from modelforge.scenarios.measured import read_log
from modelforge.scenarios.rows import read_document

_MODEL: Final = ("model_id", "model")
_ROWS: Final = (".jsonl", ".ndjson", ".csv", ".tsv", ".yaml", ".yml")


def read_values(path: Path, *, names: tuple[str, ...], latency: bool = False) -> dict[str, float]:
    """The value of each model: of several rows of one model, the mean.

    Read are a JSON object of ``provider/model`` and number; rows with ``model`` and one of
    ``names``; and the JSON export of a comparison, whose latencies give their median.

    Raises:
        ScenarioError: the file cannot be used, or a value is no number.
    """
    name = plain(str(path))
    if path.suffix.lower() == ".json":
        document = read_document(path, largest=ROW_LIMIT, what="a file of values by model")
        if isinstance(document, dict) and isinstance(document.get("results"), list):
            rows: list[tuple[int | None, Any]] = [(None, row) for row in document["results"]]
        elif isinstance(document, dict):
            return {str(model): _number(value, name) for model, value in document.items()}
        else:
            raise ScenarioError(f"{name}: not an object of provider/model and number")
    else:
        rows = [(row.line, row.value) for row in read_log(path)]
    found: dict[str, list[float]] = {}
    for line, row in rows:
        where = name if line is None else place(name, line)
        if not isinstance(row, dict) or row.get("error"):
            continue
        model = next((row[field] for field in _MODEL if row.get(field)), None)
        given = next((row[field] for field in names if row.get(field) not in (None, "")), None)
        if model is None or given is None:
            missing = "model" if model is None else " or ".join(names)
            raise ScenarioError(f"{where}: no field {missing}; there are {listed(row)}")
        found.setdefault(str(model), []).append(_number(given, where))
    if not found:
        raise ScenarioError(f"{name}: no model with a value in it")
    middle = median if latency else fmean
    return {model: middle(values) for model, values in found.items()}


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise ScenarioError(f"{where}: {quoted(str(value))} is no number")
    return number
