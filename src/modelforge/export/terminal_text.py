"""Foreign text made safe to print: what would act on the terminal, or hide, becomes visible."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from modelforge.export.hidden import SELECTORS, hidden_class, stacking_class

MARKS_KEPT = 6
"""How many marks may stand on one character. Burmese and old Hangul need six; Zalgo uses dozens."""

_CONTROLS = re.compile(r"(?P<hidden>[\x00-\x08\x0b-\x1f\x7f])")
_EVERY_CONTROL = re.compile(r"(?P<hidden>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n))")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MARK = re.compile("[\u200c\u200d]?[^\u200c\u200d]")  # with the joiner before it
_DOTTED_CIRCLE = "\u25cc"


def terminal_text(text: str, *, encoding: str = "utf-8") -> str:
    """``text`` with nothing left in it that a terminal obeys or a reader cannot see.

    Tabs and newlines stay, CRLF becomes a newline. Controls appear as their pictures (``␛``,
    ``␀``, ``␍``), everything else of `hidden_class` as its escape (``\\u202e``). Joiners and
    variation selectors stay where a script or an emoji needs them: in emoji sequences, on
    ideographs, between Arabic and Indic letters. Past `MARKS_KEPT`, the marks stacked on one
    character become ``[+37 marks]``; a mark that has no character to stand on gets a dotted circle.

    Characters that ``encoding`` cannot carry become escapes too, so that printing never fails.
    The result can be cleaned again without change.
    """
    text = text.replace("\r\n", "\n")
    if not _carries_pictures(encoding):
        text = _CONTROLS.sub(_escape, text)
    text = _CONTROLS.sub(_show, text) if text.isascii() else _clean(text)
    return _carried(text, encoding)


def terminal_line(text: str, *, encoding: str = "utf-8") -> str:
    """`terminal_text` on one line, every run of white space made one space."""
    return " ".join(terminal_text(text, encoding=encoding).split())


def show_controls(text: str) -> str:
    """``text`` with its controls made visible as in `terminal_text`, and nothing else changed.

    Tabs and line ends (LF, CRLF) stay.
    """
    return _EVERY_CONTROL.sub(_show, text)


def well_formed(text: str) -> str:
    """``text`` as valid Unicode: surrogate pairs joined, unpaired surrogates made U+FFFD."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@lru_cache(maxsize=1024)
def _picture(character: str) -> str:
    """How a hidden character is shown: a control picture, or the escape Python would read."""
    code = ord(character)
    if code < 0x20:  # noqa: PLR2004 (the C0 controls)
        return chr(0x2400 + code)
    if code == 0x7F:  # noqa: PLR2004 (DEL)
        return "\u2421"
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _escape(match: re.Match[str]) -> str:
    return f"\\x{ord(match[0]):02x}"


def _clean(text: str) -> str:
    if _SURROGATE.search(text) is not None:  # only pairs are joined here, the others are shown
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    hidden, stacks = _patterns()
    return stacks.sub(_unstack, hidden.sub(_show, text))


def _show(match: re.Match[str]) -> str:
    return _picture(match[0]) if match.lastgroup == "hidden" else match[0]


def _unstack(match: re.Match[str]) -> str:
    start = match.start()
    base = _DOTTED_CIRCLE if start == 0 or match.string[start - 1].isspace() else ""
    marks = _MARK.findall(match[0])
    surplus = len(marks) - MARKS_KEPT
    if surplus <= 0:
        return base + match[0]
    return f"{base}{''.join(marks[:MARKS_KEPT])}[+{surplus} marks]"


def _carried(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text


@cache
def _carries_pictures(encoding: str) -> bool:
    return _carried("\u241b", encoding) == "\u241b"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """The hidden characters, after what may hold some of them lawfully; and stacks of marks."""
    emoji = (
        "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
        "\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
    )
    skin_tones = "\U0001f3fb-\U0001f3ff"
    drawn = f"[{emoji}][\ufe0e\ufe0f{skin_tones}]?"
    joined_letter = (  # Arabic, the Indic scripts, Burmese, Khmer
        "[\u0600-\u061b\u061d-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff"
        "\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff]"
    )
    ideograph = "[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002fffd\U00030000-\U0003fffd]"
    lawful = (
        f"{drawn}(?:\u200d{drawn}){{1,4}}",
        f"[0-9#*{emoji}][\ufe0e\ufe0f]",
        f"[{emoji}][{skin_tones}]",
        f"{ideograph}[{SELECTORS}]",
        f"{joined_letter}{{1,4}}(?:[\u200c\u200d]{joined_letter}{{1,4}}){{1,8}}",
    )
    hidden = re.compile(f"{'|'.join(lawful)}|(?P<hidden>[{hidden_class()}{skin_tones}])")
    mark = f"[{stacking_class()}]"
    return hidden, re.compile(f"{mark}(?:[\u200c\u200d]?{mark})*[\u200c\u200d]?")
