"""Columns by their buffers, held against Arrow's own functions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from modelforge.benchmark.columns import NULL, is_valid, of_numbers, of_words, whole_numbers, words
from modelforge.benchmark.record import RECORD

SLICES = [slice(None), slice(3, None), slice(5, 14), slice(7, 7)]


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.int16(), pa.uint8()], ids=str)
@pytest.mark.parametrize("part", SLICES, ids=str)
@pytest.mark.parametrize("nulls", [False, True])
def test_whole_numbers_and_their_nulls(kind: pa.DataType, part: slice, nulls: bool) -> None:
    values = [None if nulls and number % 3 == 1 else number * 5 for number in range(20)]
    column = pa.array(values, kind)[part]
    assert whole_numbers(column).tolist() == [NULL if v is None else v for v in values[part]]
    assert is_valid(column).tolist() == [value is not None for value in values[part]]


@pytest.mark.parametrize("cuts", [[], [7], [7, 7, 12]])
def test_a_column_in_pieces_is_one(cuts: list[int]) -> None:
    values = [None if number % 3 == 1 else number for number in range(20)]
    ends = zip([0, *cuts], [*cuts, 20], strict=True)
    column = pa.chunked_array([pa.array(values[start:end], pa.int32()) for start, end in ends])
    assert whole_numbers(column).tolist() == [NULL if v is None else v for v in values]
    assert is_valid(column).tolist() == [value is not None for value in values]
    nothing = pa.chunked_array([], pa.int32())
    assert whole_numbers(nothing).size == is_valid(nothing).size == 0


@pytest.mark.parametrize("part", SLICES, ids=str)
def test_words_and_their_nulls(part: slice) -> None:
    said = ["timeout", None, "refused", "timeout", None] * 4
    places, known = words(pa.array(said).dictionary_encode()[part])
    assert [None if place == NULL else known[place] for place in places] == said[part]


@pytest.mark.parametrize("field", [f for f in RECORD if f.name != "error"], ids=lambda f: f.name)
@pytest.mark.parametrize("rows", [0, 1, 21])
def test_a_column_of_each_kind(field: pa.Field[Any], rows: int) -> None:
    values = np.arange(rows) % 100
    null = values % 3 == 1
    column = of_numbers(values, field, null=null)
    column.validate(full=True)
    expected = [bool(v) if field.type == pa.bool_() else v for v in values.tolist()]
    assert column.type == field.type
    assert column.to_pylist() == [None if n else e for n, e in zip(null, expected, strict=True)]


def test_a_column_of_words() -> None:
    column = of_words(np.array([1, NULL, 0, 1], dtype=np.int32), ["late", "cut"])
    column.validate(full=True)
    assert column.type == RECORD.field("error").type
    assert column.to_pylist() == ["cut", None, "late", "cut"]
    assert of_words(np.empty(0, dtype=np.int32), []).to_pylist() == []
