"""Tables of graded answers: who scored what on which case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modelforge.compare.observations import Observations
from modelforge.compare.quantity import Quantity
from modelforge.core.errors import PromptError, UsageError
from modelforge.core.numbers import LARGEST
from modelforge.prompts.open import open_rows
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import kind_of, listed, place, quoted

CASE_FIELDS: Final = ("case", "prompt_id", "id", "prompt_index", "question", "prompt")
MODEL_FIELDS: Final = ("model_id", "model")
"""The whole name first: of two providers of one model each is a model."""
MEASURED_FIELDS: Final = frozenset(
    ("latency_s", "first_token_s", "tokens_per_second", "completion_tokens", "cost_usd")
)
"""What an export of a comparison measured, and a failed answer has no part in."""
_WORDS: Final = {"true": 1.0, "false": 0.0, "pass": 1.0, "fail": 0.0, "yes": 1.0, "no": 0.0}
_MOST_MODELS: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class GradedTable:
    """Where scores stand in a file.

    Attributes:
        path: JSONL, JSON, CSV, TSV or YAML; ``-`` is standard input.
        case, model, score, cluster: the fields of a row; a dot goes into an object. ``case`` and
            ``model`` None: the first of the usual names that the first row has.
        columns: instead of ``model`` and ``score``: a row holds every model's score, each in a
            field of its own, by the model's name.
    """

    path: str
    case: str | None = None
    model: str | None = None
    score: str = "score"
    cluster: str = "cluster"
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str | None = None


def read_graded(table: GradedTable, quantity: Quantity) -> Observations:
    """Every score of a table. A row whose score is null says nothing; a repeated case is repeats.

    Raises:
        PromptError: the file cannot be read, or a row has no case, model or score.
        UsageError: there is no score, or more than a hundred models.
    """
    observations = Observations((quantity,), models=tuple(table.columns))
    numbers: dict[str, int] = {}
    fields: _Fields | None = None
    with open_rows(table.path, table.format) as (rows, name):
        for row in rows:
            where = name if row.line is None else place(name, row.line)
            if not isinstance(row.value, Mapping):
                raise PromptError(f"{where}: a row is an object, not {kind_of(row.value)}")
            fields = fields or _Fields.of(table, row.value, where)
            case = fields.text(row, fields.case, "case", where)
            cluster = _cluster(row.value, table.cluster, where)
            number = numbers.setdefault(case, len(numbers))
            for model, score in _scores(row, table, fields, where):
                observations.add(
                    model,
                    number,
                    {quantity.name: score},
                    cluster=cluster,
                )
            if len(observations.models) > _MOST_MODELS:
                raise UsageError(
                    f"{name} has more than {_MOST_MODELS} models: is {quoted(fields.model)} the"
                    " field that names them? Name it with --model-field"
                )
    if not observations.models:
        raise UsageError(f"{table.path} has no score")
    return observations


@dataclass(frozen=True, kw_only=True, slots=True)
class _Fields:
    case: str
    model: str

    @classmethod
    def of(cls, table: GradedTable, row: Mapping[str, Any], where: str) -> _Fields:
        return cls(
            case=table.case or _usual(CASE_FIELDS, row, where, "case"),
            model="" if table.columns else table.model or _usual(MODEL_FIELDS, row, where, "model"),
        )

    @staticmethod
    def text(row: Row, field_: str, kind: str, where: str) -> str:
        found = _inside(row.value, field_)
        if found is None or isinstance(found, bool) or not isinstance(found, (str, int, float)):
            what = "missing" if found is None else kind_of(found)
            raise PromptError(
                f"{where}: {quoted(field_)} is {what}; a {kind} is text or a number:"
                f" name its field with --{kind}-field"
            )
        return str(found)


def _usual(names: Sequence[str], row: Mapping[str, Any], where: str, kind: str) -> str:
    known = [name for name in names if row.get(name) is not None]  # an export has unknown ones too
    for name in (*known, *names):
        if name in row:
            return name
    more = "" if kind == "case" else ", or each model's own with --column NAME=FIELD"
    raise PromptError(
        f"{where}: no field names the {kind}; there are {listed(row)}; name it with"
        f" --{kind}-field{more}"
    )


def _scores(
    row: Row, table: GradedTable, fields: _Fields, where: str
) -> Iterator[tuple[str, float | None]]:
    if table.columns:
        for model, path in table.columns.items():
            yield model, _score(_found(row, path, where), path, where)
        return
    model = fields.text(row, fields.model, "model", where)
    if table.score in MEASURED_FIELDS and row.value.get("error_kind"):
        yield model, None  # how long a failure took is no measurement of an answer
        return
    yield model, _score(_found(row, table.score, where), table.score, where)


def _found(row: Row, path: str, where: str) -> Any:
    missing = object()
    found = _inside(row.value, path, missing)
    if found is missing:
        raise PromptError(
            f"{where}: no field {quoted(path)}; there are {listed(row.value)};"
            " name the one that holds the score with --score-field"
        )
    return found


def _cluster(row: Mapping[str, Any], path: str, where: str) -> str | None:
    found = _inside(row, path)
    if isinstance(found, (Mapping, list)):
        raise PromptError(
            f"{where}: {quoted(path)} is {kind_of(found)}; a cluster is text or a number:"
            " name its field with --cluster-field"
        )
    return None if found is None or found == "" else str(found)


def _score(value: Any, field_: str, where: str) -> float | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        word = _WORDS.get(value.strip().lower())
        if word is not None:
            return word
        try:
            value = float(value)
        except ValueError:
            raise PromptError(
                f"{where}: {quoted(field_)} is {quoted(value)}; a score is a number, or pass or"
                " fail"
            ) from None
    if not isinstance(value, (bool, int, float)):
        raise PromptError(f"{where}: {quoted(field_)} is {kind_of(value)}, not a number")
    if not abs(value) <= LARGEST:
        raise PromptError(
            f"{where}: {quoted(field_)} is no finite number up to {LARGEST:g}: leave it empty where"
            " there is no score"
        )
    return float(value)


def _inside(row: Any, path: str, missing: Any = None) -> Any:
    """The field of that name; else, step by step, what lies behind its dots."""
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for name in path.split("."):
        if not isinstance(row, Mapping) or name not in row:
            return missing
        row = row[name]
    return row
