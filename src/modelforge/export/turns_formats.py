"""Several models' benchmarks compared, as documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from modelforge.benchmark.turns import FigurePair, TurnsComparison
from modelforge.export.benchmark_csv import benchmark_csv
from modelforge.export.benchmark_markdown import benchmark_markdown
from modelforge.export.benchmark_record import to_document
from modelforge.export.estimate_record import estimate_record, significant
from modelforge.export.json_text import json_text
from modelforge.export.markdown_text import code, table
from modelforge.export.turns_words import HEADS, basis, by_models, models_of, row

SCHEMA: Final = "modelforge.benchmark.turns/1"


def turns_json(found: TurnsComparison) -> str:
    """One line of JSON: each model's document, and the comparison."""
    document = {
        "schema": SCHEMA,
        "level": found.level,
        "margin": found.margin,
        "models": [to_document(result) for result in found.results],
        "comparison": [_pair(pair, found) for pair in found.pairs],
    }
    return f"{json_text(document)}\n"


def turns_csv(found: TurnsComparison) -> str:
    """The rows of every model under one header, as `benchmark_csv` has them."""
    first, *others = (benchmark_csv(result) for result in found.results)
    return first + "".join(text.partition("\r\n")[2] for text in others)


def turns_markdown(found: TurnsComparison) -> str:
    """The models' documents, one after the other, and the comparison at the end."""
    parts = [benchmark_markdown(result) for result in found.results]
    parts.append("# Comparison\n")
    for pairs in by_models(found):
        a, b = map(code, models_of(pairs[0], found))
        parts.append(f"## {a} against {b}\n\n{basis(pairs, found)}\n")
        rows = [
            [code(cell) if cell == pair.reason else cell for cell in row(pair)] for pair in pairs
        ]
        parts.append(table(["figure", *HEADS[1:], "verdict"], rows) + "\n")
    return "\n".join(parts)


def _pair(pair: FigurePair, found: TurnsComparison) -> dict[str, Any]:
    first, second = models_of(pair, found)
    return {
        "figure": pair.figure.name,
        "first": first,
        "second": second,
        "first_value": significant(pair.values[0]),
        "second_value": significant(pair.values[1]),
        "ratio": estimate_record(pair.ratio),
        "pairs_of_runs": pair.pairs,
        "adjusted_p": significant(pair.adjusted_p),
        "detectable_change": significant(pair.detectable),
        "outcome": None if pair.outcome is None else pair.outcome.value,
        "reason": pair.reason,
    }


TURNS_FORMATS: Mapping[str, Callable[[TurnsComparison], str]] = MappingProxyType(
    {"json": turns_json, "csv": turns_csv, "markdown": turns_markdown}
)
"""What makes the text of each format."""
