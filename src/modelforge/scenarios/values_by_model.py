"""A number for each model, in a file of the user's: scores, latencies."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import Any, Final

from modelforge.core.errors import ScenarioError
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.wording import listed, place, plain, quoted
from modelforge.scenarios.measured import read_log
from modelforge.scenarios.rows import read_document
from modelforge.stats.interval import Interval

_SCORES: Final = "modelforge.scores/1"
_MODEL: Final = ("model_id", "model")
_ROWS: Final = (".jsonl", ".ndjson", ".csv", ".tsv", ".yaml", ".yml")


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelValues:
    """What a file says of models.

    Attributes:
        values: a number by ``provider/model``.
        intervals: of those that the file has an interval of.
    """

    values: Mapping[str, float]
    intervals: Mapping[str, Interval] = field(default_factory=dict)


def read_values(path: Path, *, names: tuple[str, ...], latency: bool = False) -> ModelValues:
    """The value of each model: of several rows of one model, the mean.

    Read are a JSON object of ``provider/model`` and number; rows with ``model`` and one of
    ``names``; the JSON export of ``modelforge scores``, which has intervals too; and that of a
    comparison, whose latencies give their median.

    Raises:
        ScenarioError: the file cannot be used, or a value is no number.
    """
    name = plain(str(path))
    if path.suffix.lower() == ".json":
        document = read_document(path, largest=ROW_LIMIT, what="a file of values by model")
        if not isinstance(document, dict):
            raise ScenarioError(f"{name}: not an object of provider/model and number")
        if document.get("schema") == _SCORES:
            return _of_scores(document, name)
        if not isinstance(document.get("results"), list):
            whole = {str(model): _number(value, name) for model, value in document.items()}
            return ModelValues(values=whole)
        rows: list[tuple[int | None, Any]] = [(None, row) for row in document["results"]]
    else:
        rows = [(row.line, row.value) for row in read_log(path)]
    found: dict[str, list[float]] = {}
    for line, row in rows:
        where = name if line is None else place(name, line)
        if not isinstance(row, dict) or row.get("error"):
            continue
        model = next((row[key] for key in _MODEL if row.get(key)), None)
        given = next((row[key] for key in names if row.get(key) not in (None, "")), None)
        if model is None or given is None:
            missing = "model" if model is None else " or ".join(names)
            raise ScenarioError(f"{where}: no field {missing}; there are {listed(row)}")
        found.setdefault(str(model), []).append(_number(given, where))
    if not found:
        raise ScenarioError(f"{name}: no model with a value in it")
    middle = median if latency else fmean
    return ModelValues(values={model: middle(values) for model, values in found.items()})


def _of_scores(document: Mapping[str, Any], name: str) -> ModelValues:
    """The means of graded answers, each with its interval."""
    values: dict[str, float] = {}
    intervals: dict[str, Interval] = {}
    try:
        level = float(document["level"])
        (quantity,) = document["quantities"]
        if quantity["higher_is_better"] is False:
            raise ScenarioError(
                f"{name}: of these scores lower is better; a quality is the reverse"
            )
        for one in quantity["models"]:
            if (mean := one["mean"]) is None:
                continue
            model, ends = str(one["model_id"]), (mean["low"], mean["high"])
            values[model] = _number(mean["point"], name)
            if None not in ends:
                low, high = (_number(end, name) for end in ends)
                intervals[model] = Interval(low=low, high=high, level=level)
    except (KeyError, TypeError, ValueError):
        raise ScenarioError(
            f"{name}: not as modelforge scores --export json writes it: export it anew"
        ) from None
    if not values:
        raise ScenarioError(f"{name}: no model with a value in it")
    return ModelValues(values=values, intervals=intervals)


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise ScenarioError(f"{where}: {quoted(str(value))} is no number")
    return number
