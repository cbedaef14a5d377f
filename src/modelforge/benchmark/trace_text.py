"""The published traces as text: Azure's CSV and Mooncake's JSON Lines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from modelforge.benchmark.trace import TraceRow, TrafficTrace
from modelforge.core.errors import UsageError
from modelforge.core.token_counts import MOST_TOKENS

_AZURE: Final = ("TIMESTAMP", "ContextTokens", "GeneratedTokens")
_MOONCAKE: Final = ("timestamp", "input_length", "output_length")
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?"
)
_LATEST_MS: Final = 1e15
_Line = tuple[int, str]
_Found = tuple[int, int, int, tuple[int, ...]]  # ns, input and output tokens, blocks


def read_trace(lines: Iterable[str], name: str, *, block_tokens: int = 512) -> TrafficTrace:
    """The requests of a trace, told apart by its first line.

    - Azure (Patel et al., *Splitwise*, ISCA 2024): CSV with the columns ``TIMESTAMP``,
      ``ContextTokens`` and ``GeneratedTokens``.
    - Mooncake (Qin et al., FAST 2025): JSON objects with ``timestamp`` in milliseconds,
      ``input_length``, ``output_length`` and, where it has them, ``hash_ids``.

    Times count from the earliest request; rows that are out of order are put in order.

    Args:
        lines: the lines of the file.
        name: what messages call it.
        block_tokens: how many tokens one of the ``hash_ids`` stands for.

    Raises:
        UsageError: it is neither, or a row of it cannot be read.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise UsageError(f"{name}: there is no request in it")
    opening = (first[0], first[1].lstrip("\ufeff"))
    if opening[1].lstrip().startswith("{"):
        found = list(_rows(chain([opening], numbered), name, _mooncake))
    else:
        header = opening[1].strip().split(",")
        if not set(_AZURE) <= set(header):
            raise UsageError(
                f"{name}: this is no trace: it needs {', '.join(_AZURE)} (Azure, CSV) "
                f"or {', '.join(_MOONCAKE)} (Mooncake, JSON Lines)"
            )
        found = list(_rows(numbered, name, _azure([header.index(column) for column in _AZURE])))
    return _trace(found, name, block_tokens)


def _trace(found: list[_Found], name: str, block_tokens: int) -> TrafficTrace:
    found.sort(key=lambda row: row[0])
    rows = tuple(
        TraceRow(
            at_s=(at_ns - found[0][0]) / 1e9,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            blocks=blocks,
        )
        for at_ns, input_tokens, output_tokens, blocks in found
    )
    return TrafficTrace(rows=rows, name=name, block_tokens=block_tokens)


def _rows(lines: Iterable[_Line], name: str, read: Callable[[str], _Found]) -> Iterator[_Found]:
    for number, line in lines:
        try:
            yield read(line)
        except (ValueError, RecursionError, csv.Error) as error:
            reason = "this is not JSON" if isinstance(error, json.JSONDecodeError) else error
            raise UsageError(f"{name}, line {number}: {reason}") from None


def _azure(columns: list[int]) -> Callable[[str], _Found]:
    moment, context, generated = columns

    def read(line: str) -> _Found:
        cells = next(csv.reader([line]))
        if len(cells) <= max(columns):
            raise ValueError(f"there are {len(cells)} cells, and {max(columns) + 1} are needed")
        return _moment_ns(cells[moment]), _tokens(cells[context]), _tokens(cells[generated]), ()

    return read


def _moment_ns(text: str) -> int:
    """Nanoseconds since 1970; without a zone it is UTC. Azure writes seven decimals."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time such as 2023-11-16 18:17:03.9799600")
    whole, decimals, zone = found.groups()
    moment = datetime.fromisoformat(whole + (zone or ""))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    return seconds * 10**9 + int((decimals or "0").ljust(9, "0"))


def _tokens(text: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit()):
        raise ValueError(f"{text!r} is no number of tokens")
    return _length(int(text))


def _mooncake(line: str) -> _Found:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise ValueError("this is no JSON object")  # noqa: TRY004 (an input's fault)
    for key in _MOONCAKE:
        if key not in row:
            raise ValueError(f"there is no {key!r}")
    at_ms, input_tokens, output_tokens = (row[key] for key in _MOONCAKE)
    if (
        isinstance(at_ms, bool)
        or not isinstance(at_ms, int | float)
        or not 0 <= at_ms <= _LATEST_MS
    ):
        raise ValueError(f"'timestamp' must be milliseconds from 0 on, not {at_ms!r}")
    blocks = row.get("hash_ids", [])
    if not isinstance(blocks, list) or not all(type(block) is int for block in blocks):
        raise ValueError("'hash_ids' must be a list of whole numbers")
    return round(at_ms * 10**6), _length(input_tokens), _length(output_tokens), tuple(blocks)


def _length(tokens: Any) -> int:
    if type(tokens) is not int or not 0 <= tokens <= MOST_TOKENS:
        raise ValueError(f"a length must be a number from 0 to {MOST_TOKENS:,}, not {tokens!r}")
    return tokens
