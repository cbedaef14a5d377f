"""How long each request took, of however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from modelforge.benchmark.spool import Spool

_AT_ONCE: Final = 1 << 13


class Latencies(Sequence[float]):
    """Seconds, to be read as a list is, or by ``numpy.asarray``.

    Those of more than 131,072 requests are not in memory: each look reads what it asks for.

    Args:
        parts: of them, one after the other.

    Raises:
        ModelForgeError: there is no room for them.
    """

    def __init__(self, parts: Iterable[NDArray[np.float64]] = ()) -> None:
        self._spool = Spool(np.float64)
        for part in parts:
            self._spool.add(part)

    def __len__(self) -> int:
        return self._spool.size

    @overload
    def __getitem__(self, place: int) -> float: ...

    @overload
    def __getitem__(self, place: slice) -> list[float]: ...

    def __getitem__(self, place: int | slice) -> float | list[float]:
        chosen = range(len(self))[place]
        if isinstance(chosen, int):
            return float(self._spool.read(chosen, chosen + 1)[0])
        if not chosen:
            return []
        low, high = min(chosen[0], chosen[-1]), max(chosen[0], chosen[-1])
        read: list[float] = self._spool.read(low, high + 1)[:: abs(chosen.step)].tolist()
        return read if chosen.step > 0 else read[::-1]

    def __iter__(self) -> Iterator[float]:
        for start in range(0, len(self), _AT_ONCE):
            yield from self._spool.read(start, min(start + _AT_ONCE, len(self))).tolist()

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("the latencies are read into a new array: there is none to share")
        return self._spool.read(0, len(self)).astype(dtype or np.float64, copy=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Latencies):
            return NotImplemented
        return np.array_equal(np.asarray(self), np.asarray(other))

    __hash__ = None  # type: ignore[assignment] # equal by what they hold

    def __repr__(self) -> str:
        return f"<Latencies of {len(self):,} requests>"

    def __reduce__(self) -> tuple[Callable[..., Latencies], tuple[Any, ...]]:
        return Latencies, ((np.asarray(self),),)
