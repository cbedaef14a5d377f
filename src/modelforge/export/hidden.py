"""Which characters a reader cannot see, or cannot count.

The classes are bodies of regular expression classes (what stands between ``[`` and ``]``). They
are read from Python's own Unicode tables when first asked for, which takes some 50 ms.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from unicodedata import category

_DRAWN_FORMATS = frozenset(map(chr, (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2)))
"""Format characters that have a shape of their own (Prepended_Concatenation_Mark)."""

_IGNORED = frozenset(
    map(
        chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, *range(0xFFF0, 0xFFF9))
    )
)
"""Letters, marks and unassigned characters that are drawn as nothing (Default_Ignorable)."""

_NONCHARACTERS = frozenset(map(chr, (*range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF, 0x1FFFE, 0x1FFFF)))

SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""The variation selectors, the body of a class."""

_BEYOND = "\U0002fffe-\U0002ffff\U0003fffe-\U0010ffff"
"""Past the ideographs: tags, selectors, private planes and what is assigned to nothing."""

_SCANNED = range(0x20000)


@cache
def hidden_class() -> str:
    """Everything that is not drawn, or that redraws what is around it.

    Controls (C0 but tab and newline, DEL, C1), format characters (bidirectional controls,
    zero-width characters, tags, soft hyphens), line and paragraph separators, surrogates, private
    use, noncharacters, variation selectors and fillers.
    """
    return _ranges(_is_hidden) + SELECTORS + _BEYOND


@cache
def stacking_class() -> str:
    """Everything that is drawn on the character before it: marks, and medial and final jamo."""
    jamo = "\u1161-\u11ff\ud7b0-\ud7ff"
    return _ranges(lambda character: category(character)[0] == "M") + jamo


def _is_hidden(character: str) -> bool:
    if character in _IGNORED:
        return True
    if character.isprintable() or character in "\t\n" or character in _DRAWN_FORMATS:
        return False
    if category(character) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}:
        return True
    return character in _NONCHARACTERS


def _ranges(belongs: Callable[[str], bool]) -> str:
    """The characters of the first two planes that belong, as ``a-bc-d…``."""
    parts: list[str] = []
    first: int | None = None
    for code in (*_SCANNED, sys.maxunicode + 1):
        inside = code <= _SCANNED[-1] and belongs(chr(code))
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            last = min(code - 1, _SCANNED[-1])
            parts.append(f"{re.escape(chr(first))}-{re.escape(chr(last))}")
            first = None
    return "".join(parts)
