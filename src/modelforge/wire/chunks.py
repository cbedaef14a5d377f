"""The chunks of an HTTP body, read strictly (RFC 9112, section 7.1)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")


class Chunk(NamedTuple):
    """A chunk's data, and where in the body it ends."""

    data: bytes
    ends_at: int


def whole_chunks(body: bytes, at: int, until: int, *, last: bool = False) -> list[Chunk] | None:
    """The chunks that fill ``body[at:until]``; None when it is not filled by plain chunks.

    With ``last``, the empty chunk that ends a body must come last, without trailers; otherwise it
    must not come at all. Extensions of a chunk are not plain.
    """
    chunks: list[Chunk] = []
    while at < until:
        line = _SIZE.match(body, at, until)
        if line is None:
            return None
        data_at = line.end()
        ends_at = data_at + int(line[1], 16)
        at = ends_at + 2
        if at > until or body[ends_at:at] != b"\r\n":
            return None
        if ends_at == data_at:
            return chunks if last and at == until else None
        chunks.append(Chunk(body[data_at:ends_at], ends_at))
    return None if last else chunks
