"""Arrow's columns as arrays of numpy, and back, by their buffers.

Arrow has functions for all of it. They live in a module that takes as long to load as the rest of
Arrow together, which a run of one request would wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NULL: Final = -1
"""What stands for null among whole numbers: no moment, count or gap is negative."""


def whole_numbers(column: pa.Array[Any] | pa.ChunkedArray[Any]) -> NDArray[Any]:
    """A column of whole numbers, in its own width; null is -1.

    Of one piece and without a null it is a view of the column's memory, which may not be written
    to.
    """
    if isinstance(column, pa.ChunkedArray):
        # Put together here: Arrow's allocator would keep the room for itself afterwards.
        pieces = [whole_numbers(chunk) for chunk in column.chunks]
        return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)
    values = _values(column)
    return np.where(is_valid(column), values, np.int8(NULL)) if column.null_count else values


def is_valid(column: pa.Array[Any] | pa.ChunkedArray[Any]) -> NDArray[np.bool_]:
    """Which rows are not null."""
    if isinstance(column, pa.ChunkedArray):
        pieces = [is_valid(chunk) for chunk in column.chunks]
        return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.bool_)
    validity = column.buffers()[0]
    if validity is None or not column.null_count:
        return np.ones(len(column), dtype=np.bool_)
    bits = np.frombuffer(memoryview(cast("Any", validity)), dtype=np.uint8)
    first = column.offset
    last = first + len(column)
    found = np.unpackbits(bits, count=last, bitorder="little")[first:]
    return found.view(np.bool_)


def words(column: pa.Array[Any]) -> tuple[NDArray[Any], Sequence[str]]:
    """A dictionary's column as places among its words, and the words; null is -1."""
    encoded = cast("pa.DictionaryArray[Any, Any]", column)
    return whole_numbers(encoded.indices), list(map(str, encoded.dictionary.to_pylist()))


def of_numbers(
    values: NDArray[Any], field: pa.Field[Any], *, null: NDArray[np.bool_] | None = None
) -> pa.Array[Any]:
    """``values`` as a column of ``field``, but where ``null`` says so."""
    data = np.packbits(values != 0, bitorder="little") if field.type == pa.bool_() else values
    if field.type != pa.bool_():
        data = np.ascontiguousarray(values, dtype=field.type.to_pandas_dtype())
    nulls = 0 if null is None else int(np.count_nonzero(null))
    validity = None if null is None or not nulls else np.packbits(~null, bitorder="little")
    buffers = [None if part is None else pa.py_buffer(part.data) for part in (validity, data)]
    return pa.Array.from_buffers(field.type, values.size, buffers, nulls)


def of_words(places: NDArray[np.int32], words: Sequence[str]) -> pa.Array[Any]:
    """What `words` takes apart: a dictionary's column."""
    indices = of_numbers(places, pa.field("", pa.int32()), null=places == NULL)
    return pa.DictionaryArray.from_arrays(indices, pa.array(words, pa.string()))


def _values(column: pa.Array[Any]) -> NDArray[Any]:
    data = column.buffers()[1]
    kind: np.dtype[Any] = np.dtype(column.type.to_pandas_dtype())
    if data is None or not len(column):
        return np.empty(0, dtype=kind)
    found: NDArray[Any] = np.frombuffer(
        memoryview(cast("Any", data)),
        dtype=kind,
        count=len(column),
        offset=column.offset * kind.itemsize,
    )
    return found
