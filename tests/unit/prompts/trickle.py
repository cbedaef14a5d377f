"""A file whose bytes come a few at a time."""

from __future__ import annotations

import io


class Trickle(io.BytesIO):
    """Reads at most ``most`` bytes at once, however many are asked for."""

    def __init__(self, data: bytes, most: int) -> None:
        super().__init__(data)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._most if size is None or size < 0 else min(size, self._most))
