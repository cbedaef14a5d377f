"""Events that are alike but for a text, found and proved with a few passes in C."""

from __future__ import annotations

from itertools import accumulate, compress
from typing import Final, NamedTuple

import orjson

_NEEDLE_BYTES: Final = 12  # of all lengths, the quickest to search for
_BETWEEN: Final = b'","'


class Texts(NamedTuple):
    """The texts of a run of events: the chunks without their ends, and the text of each kind."""

    pieces: list[bytes]
    encoded: dict[bytes, bytes]

    @property
    def tokens(self) -> int:
        """How many of the texts are not empty."""
        empty = (piece for piece, text in self.encoded.items() if not text)
        return len(self.pieces) - sum(map(self.pieces.count, empty))

    def ends(self, starts_at: int) -> list[int]:
        """Where the data ends of each chunk with a text, if the run begins at ``starts_at``."""
        widths = [len(piece) + _NEEDLE_BYTES for piece in self.pieces]
        ends = accumulate(widths, initial=starts_at - len(b"\r\n"))
        next(ends)
        if all(self.encoded.values()):
            return list(ends)
        return list(compress(ends, map(self.encoded.__getitem__, self.pieces)))

    def decoded(self) -> list[str]:
        """The texts themselves."""
        return _loads(_BETWEEN.join(map(self.encoded.__getitem__, self.pieces)))


class EventShape:
    """Chunks of ``prefix + text + suffix``, one event each.

    ``prefix`` ends with the quote before the text and ``suffix`` begins with the one after it and
    ends with the blank line that ends an event.

    Attributes:
        delimiter: what stands behind each text, the end of its chunk included.
        opening: what stands before each text, from the end of the line with its chunk's size.
    """

    def __init__(self, prefix: bytes, suffix: bytes) -> None:
        self.delimiter = suffix + b"\r\n"
        self.opening = b"\r\n" + prefix
        self._needle = self.delimiter[-_NEEDLE_BYTES:]
        self._rest = self.delimiter[:-_NEEDLE_BYTES]
        self._prefix = prefix
        self._openings: dict[int, bytes] = {}
        self._widths: set[int] = set()

    def texts(self, run: bytes) -> Texts | None:
        """The texts, if ``run`` is such chunks from its first byte to its last; otherwise None.

        The proof: cut at the delimiter's end, every piece must begin with the size that its own
        length says and the prefix, and end with the delimiter's beginning; that they all do is seen
        from the length of what remains without them. What remains must be valid JSON strings:
        no quote in them but escaped ones, and nothing that a JSON parser refuses. Language repeats
        itself, so what is proved is each piece that differs from the others.
        """
        pieces = run.split(self._needle)
        if pieces.pop() or not pieces:
            return None
        kinds = list(set(pieces))
        openings, rest = self._openings, self._rest
        try:
            texts = [kind.removeprefix(openings[len(kind)]).removesuffix(rest) for kind in kinds]
        except KeyError:
            if not self._learn(kinds):
                return None
            texts = [kind.removeprefix(openings[len(kind)]).removesuffix(rest) for kind in kinds]
        joined = _BETWEEN.join(texts)
        removed = len(kinds) * (len(rest) - len(_BETWEEN)) + self._opening_bytes(kinds)
        if len(joined) + len(_BETWEEN) != sum(map(len, kinds)) - removed:
            return None
        return (
            Texts(pieces, dict(zip(kinds, texts, strict=True)))
            if _are_strings(texts, joined)
            else None
        )

    def _learn(self, pieces: list[bytes]) -> bool:
        """How a piece of each length must begin: with its chunk's size and the prefix."""
        for piece_bytes in set(map(len, pieces)) - self._openings.keys():
            opening = _opening(piece_bytes, self._prefix)
            if opening is None:
                return False
            self._openings[piece_bytes] = opening
            self._widths.add(len(opening))
        return True

    def _opening_bytes(self, pieces: list[bytes]) -> int:
        if len(self._widths) == 1:
            return next(iter(self._widths)) * len(pieces)
        return sum(len(self._openings[len(piece)]) for piece in pieces)


def _opening(piece_bytes: int, prefix: bytes) -> bytes | None:
    beyond = _NEEDLE_BYTES - len(b"\r\n")  # data of the chunk that is not in the piece
    for digits in range(1, 9):
        line_bytes = digits + len(b"\r\n")
        size = piece_bytes - line_bytes + beyond
        if size > 0 and len(line := b"%x\r\n" % size) == line_bytes:
            return line + prefix
    return None


def _are_strings(texts: list[bytes], joined: bytes) -> bool:
    """Whether each of ``texts``, between quotes, is one string of JSON."""
    try:
        if b"\\" not in joined:  # then every quote ends a string
            return joined.count(b'"') == 2 * (len(texts) - 1) and bool(_loads(joined))
        return all(isinstance(orjson.loads(b'"%b"' % text), str) for text in texts)
    except orjson.JSONDecodeError:
        return False


def _loads(joined: bytes) -> list[str]:
    strings: list[str] = orjson.loads(b'["' + joined + b'"]')
    return strings
