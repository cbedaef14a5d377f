"""UTF-8 bytes into text, a line or a chunk at a time, with the byte that is wrong."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final, Never

from modelforge.core.errors import PromptError
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.wording import place

_CHUNK_BYTES: Final = 64 * 1024
_BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"


def whole(file: BinaryIO, name: str) -> str:
    """All of a short file, without its byte order mark.

    Raises:
        PromptError: it is longer than ``ROW_LIMIT``, not UTF-8, or holds a null byte.
    """
    raw = file.read(ROW_LIMIT + 1)
    if len(raw) > ROW_LIMIT:
        raise PromptError(f"{name}: longer than {ROW_LIMIT} bytes, the most that one text may be")
    return _decoded(raw, 0, name)


def lines(file: BinaryIO, name: str) -> Iterator[str]:
    """Each line of a file with its line end; only LF ends a line.

    Raises:
        PromptError: a line is longer than ``ROW_LIMIT``, not UTF-8, or holds a null byte.
    """
    offset = number = 0
    while raw := file.readline(ROW_LIMIT + 1):
        number += 1
        if len(raw) > ROW_LIMIT:
            raise too_long(place(name, number))
        yield _decoded(raw, offset, name)
        offset += len(raw)


def chunks(file: BinaryIO, name: str) -> Iterator[str]:
    """The text of a file in pieces of some thousand characters, none of them empty.

    Raises:
        PromptError: it is not UTF-8, or holds a null byte.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    at_start = True
    ended = False
    while not ended:
        raw = file.read(_CHUNK_BYTES)
        ended = not raw
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(raw, final=ended)
        except UnicodeDecodeError as error:
            _refuse_byte(name, offset - held + error.start, error.object[error.start])
        _refuse_null(raw, offset, name)
        offset += len(raw)
        if at_start and text:
            at_start = False
            text = text.removeprefix(_BOM)
        if text:
            yield text


def too_long(where: str) -> PromptError:
    """The error of a row that passes ``ROW_LIMIT``."""
    return PromptError(f"{where}: longer than {ROW_LIMIT} bytes, the most that a row may be")


def _decoded(raw: bytes, offset: int, name: str) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        _refuse_byte(name, offset + error.start, raw[error.start])
    _refuse_null(raw, offset, name)
    return text.removeprefix(_BOM) if offset == 0 else text


def _refuse_byte(name: str, offset: int, byte: int) -> Never:
    raise PromptError(
        f"{name}: not UTF-8 text: byte {offset} is 0x{byte:02x}; convert the file to UTF-8"
    )


def _refuse_null(raw: bytes, offset: int, name: str) -> None:
    at = raw.find(0)
    if at >= 0:
        raise PromptError(
            f"{name}: not UTF-8 text: byte {offset + at} is null (is it UTF-16, or no text at all?)"
        )
