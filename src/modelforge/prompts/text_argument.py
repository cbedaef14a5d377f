"""An option's text, which may be given by the name of a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, Final

from modelforge.core.errors import PromptError
from modelforge.prompts.decoding import whole
from modelforge.prompts.input_file import InputFile, translated_errors
from modelforge.prompts.sendable import sendable

STDIN: Final = "-"
STDIN_NAME: Final = "standard input"


@dataclass(frozen=True, kw_only=True, slots=True)
class TextArgument:
    """A text, and what messages call it: the file that holds it, or the option."""

    text: str
    name: str

    @classmethod
    def read(
        cls, argument: str, option: str, *, stdin: Callable[[], BinaryIO] | None = None
    ) -> TextArgument:
        """The text itself, of the file after ``@``, or for ``-`` of ``stdin`` where there is one.

        The last line end of a file is not part of its text.

        Raises:
            PromptError: the file cannot be read, or the text is blank, not UTF-8 or too long.
        """
        if argument == STDIN and stdin is not None:
            with translated_errors(STDIN_NAME):
                text = _without_last_line_end(whole(stdin(), STDIN_NAME))
            return cls(text=sendable(text, STDIN_NAME), name=STDIN_NAME)
        if not argument.startswith("@"):
            return cls(text=sendable(argument, option), name=option)
        path = argument[1:]
        if not path:
            raise PromptError(f"{option} '@' names no file: write {option} @FILE")
        with closing(_open(path, option)) as file, closing(file.reader()) as reader:
            text = _without_last_line_end(whole(reader, file.name))
            return cls(text=sendable(text, file.name), name=file.name)


def _open(path: str, option: str) -> InputFile:
    try:
        return InputFile.open(path)
    except PromptError as error:
        raise PromptError(f"{error} ({option} @… names a file)") from None


def _without_last_line_end(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
