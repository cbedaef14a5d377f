"""Texts of exactly so many tokens."""

from __future__ import annotations

from array import array
from functools import lru_cache
from itertools import accumulate
from typing import Final

from modelforge.benchmark.vocabulary import WORDS
from modelforge.core.draw import mixed, source_of

_RIVER_WORDS: Final = 16_384
_DIGIT_BITS: Final = len(WORDS).bit_length() - 1
_DIGITS: Final = 6

NUMBERS: Final = 1 << (_DIGIT_BITS * _DIGITS)
"""So many texts of six words or more are all different: 2**60."""


class Words:
    """Texts made of common words, one token each in the usual tokenizers.

    The first words of a text spell its number, so that two texts of the same length differ within
    the first six words (for numbers below 2**60) and no server has the beginning of one in its
    prefix cache because it was asked another. The rest is a slice of one long random text, which
    is what makes a text cheap. Words and slices depend on ``seed``.
    """

    def __init__(self, seed: int) -> None:
        source = source_of("words", seed)
        self._digits = source.sample(WORDS, len(WORDS))
        river = source.choices(WORDS, k=_RIVER_WORDS)
        self._river = " ".join((*river, ""))
        self._begins = array("I", accumulate((len(word) + 1 for word in river), initial=0))

    def text(self, number: int, tokens: int) -> str:
        """Text ``number``, ``tokens`` words long; no space before or after it."""
        digits = [
            self._digits[(number >> shift) & (len(WORDS) - 1)]
            for shift in range(0, _DIGIT_BITS * min(tokens, _DIGITS), _DIGIT_BITS)
        ]
        rest = tokens - len(digits)
        if not rest:
            return " ".join(digits)
        digits.append(self._slice(mixed(number) % _RIVER_WORDS, rest))
        return " ".join(digits)

    def _slice(self, first: int, count: int) -> str:
        last, begins = first + count, self._begins
        if last <= _RIVER_WORDS:
            return self._river[begins[first] : begins[last] - 1]
        rounds, last = divmod(last, _RIVER_WORDS)
        whole = self._river * (rounds - 1)
        return (self._river[begins[first] :] + whole + self._river[: begins[last]])[:-1]


@lru_cache(maxsize=4)
def words(seed: int) -> Words:
    """The ``Words`` of ``seed``, kept."""
    return Words(seed)
