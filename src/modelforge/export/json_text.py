"""JSON that is harmless wherever it is put: in a file, in a terminal, in a web page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from modelforge.export.hidden import hidden_class
from modelforge.export.terminal_text import well_formed


def json_text(value: Mapping[str, Any]) -> str:
    """``value`` as one line of JSON (RFC 8259), valid UTF-8 whatever text it holds.

    Characters that no reader sees (`hidden_class`: controls, bidirectional and zero-width
    characters, line separators) are written as ``\\u`` escapes, and so are ``<``, ``>`` and ``&``:
    no terminal obeys the text and no web page ends a script at it, and a parser reads back the
    same value. Only unpaired surrogates, which no UTF-8 can carry, are replaced, by U+FFFD.

    Raises:
        ValueError: a number is not finite.
    """
    text = well_formed(json.dumps(value, ensure_ascii=False, allow_nan=False))
    return (_ASCII_ACTIVE if text.isascii() else _active()).sub(_escape, text)


def document_text(document: Mapping[str, Any]) -> str:
    """A document of `json_text`, a field a line."""
    lines = ",\n".join(f"  {json_text({name: value})[1:-1]}" for name, value in document.items())
    return f"{{\n{lines}\n}}\n"


_ASCII_ACTIVE = re.compile("[<>&\x7f]")


@cache
def _active() -> re.Pattern[str]:
    # No newline or tab stands raw in JSON on one line, and every match is inside a string.
    return re.compile(f"[<>&{hidden_class()}]")


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
