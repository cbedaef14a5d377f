"""JSON: one list, read an element at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from modelforge.core.errors import PromptError
from modelforge.prompts.decoding import chunks
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.rows.json_value import DECODER, refusal
from modelforge.prompts.rows.row import Row
from modelforge.prompts.wording import place

_WHITESPACE: Final = re.compile(r"[ \t\r\n]*")
_EXPORT: Final = re.compile(r'\{\s*"schema":\s*"modelforge\.comparison/1",\s*"results":\s*')
"""How the export of a comparison begins."""
_HEAD: Final = 200


def rows(file: BinaryIO, name: str) -> Iterator[Row]:
    """The elements of the list that the file is.

    Raises:
        PromptError: the file is not text, not JSON or not a list, or an element is too long.
    """
    text = _Window(chunks(file, name), name)
    if text.peek():
        yield from _list(text)
        _end(text)


def rows_or_results(file: BinaryIO, name: str) -> Iterator[Row]:
    """As ``rows``, or the results where the file is the JSON export of a comparison.

    What follows its results is not read.

    Raises:
        PromptError: as ``rows``.
    """
    text = _Window(chunks(file, name), name)
    if not text.peek():
        return
    exported = text.starts_with(_EXPORT)
    yield from _list(text)
    if not exported:
        _end(text)


def _list(text: _Window) -> Iterator[Row]:
    first = text.peek()
    if not text.take("["):
        raise text.error(
            "the file is an object, not a list; where it holds one object a line, name it .jsonl"
            if first == "{"
            else "the file is not a JSON list"
        )
    while not text.take("]"):
        line = text.line
        yield Row(line=line, value=text.value())
        if text.take(","):
            if text.peek() == "]":
                raise text.error("not JSON: a value should follow the comma")
        elif text.peek() != "]":
            raise text.error("not JSON: ',' or ']' should follow a value of the list")


def _end(text: _Window) -> None:
    if text.peek():
        raise text.error("not JSON: something follows the end of the list")


class _Window:
    """The part of a text that is being decoded, and where in the file it is."""

    def __init__(self, source: Iterator[str], name: str) -> None:
        self._source = source
        self._name = name
        self._text = ""
        self._at = 0
        self._known_at = 0  # the place of this character is known
        self._line = self._column = 1

    @property
    def line(self) -> int:
        """The line of what comes next that is not white."""
        self.peek()
        self._settle()
        return self._line

    def peek(self) -> str:
        """The next character that is not white, or nothing at the end."""
        while True:
            blank = _WHITESPACE.match(self._text, self._at)
            self._at = blank.end() if blank else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._extend():
                return ""

    def take(self, character: str) -> bool:
        """Pass ``character`` if it comes next."""
        found = self.peek() == character
        self._at += found
        return found

    def starts_with(self, pattern: re.Pattern[str]) -> bool:
        """Pass what ``pattern`` matches, if that comes next; it is no longer than ``_HEAD``."""
        while len(self._text) - self._at < _HEAD and self._extend():
            pass
        self.peek()
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found is not None

    def value(self) -> Any:
        """The next value.

        Raises:
            PromptError: it is not JSON, or too long.
        """
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                # Cut short, perhaps: what is held doubles, so that all tries together are linear.
                held = len(self._text) - self._at
                if held <= ROW_LIMIT and self._extend():
                    continue
                long = f", or longer than {ROW_LIMIT} bytes" if held > ROW_LIMIT else ""
                raise self.error(refusal(error) + long, error.pos) from None
            except (ValueError, RecursionError) as error:
                raise self.error(refusal(error)) from None
            # A number goes on until something else follows it.
            if end < len(self._text) or not self._extend():
                self._at = end
                return value

    def error(self, reason: str, at: int | None = None) -> PromptError:
        """The error of what comes next, or of the character ``at``."""
        line, column = self._place(self._at if at is None else at)
        return PromptError(f"{place(self._name, line, column)}: {reason}")

    def _extend(self) -> bool:
        """Drop what is done and hold at least twice what is not; False at the end of the file."""
        held = self._text[self._at :]
        pieces: list[str] = []
        wanted = len(held)
        for piece in self._source:
            pieces.append(piece)
            wanted -= len(piece)
            if wanted <= 0:
                break
        if not pieces:
            return False
        self._settle()
        self._text = held + "".join(pieces)
        self._at = self._known_at = 0
        return True

    def _settle(self) -> None:
        self._line, self._column = self._place(self._at)
        self._known_at = self._at

    def _place(self, at: int) -> tuple[int, int]:
        newlines = self._text.count("\n", self._known_at, at)
        if not newlines:
            return self._line, self._column + at - self._known_at
        return self._line + newlines, at - self._text.rfind("\n", self._known_at, at)
