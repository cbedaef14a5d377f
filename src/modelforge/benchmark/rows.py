"""Some rows of a table, and the pieces in which a table is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

_PIECE: Final = 1 << 16


class Rows:
    """Which rows of a table are chosen, a bit a row."""

    def __init__(self, *blocks: NDArray[np.bool_]) -> None:
        self._bits = np.empty(0, dtype=np.uint8)
        self._new: list[NDArray[np.uint8]] = []
        self.size = self.count = 0
        for block in blocks:
            self.add(block)

    def add(self, block: NDArray[np.bool_]) -> None:
        """Say it of the rows that follow; all but the last block are of a multiple of eight."""
        self._new.append(np.packbits(block))
        self.size += block.size
        self.count += int(np.count_nonzero(block))

    def between(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Rows ``start`` to ``stop``."""
        if self._new:
            self._bits, self._new = np.concatenate([self._bits, *self._new]), []
        first = start // 8
        bits = np.unpackbits(self._bits[first : -(-stop // 8)], count=stop - 8 * first)
        return bits[start - 8 * first :].view(np.bool_)


def blocks(rows: int) -> Iterator[tuple[int, int]]:
    """So many rows in pieces to be looked at one after the other: where each begins and ends."""
    for start in range(0, rows, _PIECE):
        yield start, min(start + _PIECE, rows)
