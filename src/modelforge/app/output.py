"""Where results are written, and in which format."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from modelforge.core.errors import UsageError
from modelforge.export.format_names import FORMAT_NAMES, FORMAT_OF_SUFFIX

if TYPE_CHECKING:
    from modelforge.export.writer import ResultWriter


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """A format and a file; without a file, standard output."""

    format: str
    path: Path | None

    @property
    def takes_stdout(self) -> bool:
        """Whether standard output is the data's."""
        return self.path is None

    @classmethod
    def of(cls, format_: str | None, path: Path | None) -> Output | None:
        """What ``--export`` and ``-o`` ask for together; None when they ask for nothing.

        Raises:
            UsageError: the format is in neither the option nor the file's suffix.
        """
        if path is not None and names_stdout(path):
            path = None
            format_ = format_ or "jsonl"
        if format_ is None and path is not None:
            format_ = format_of(path, FORMAT_OF_SUFFIX, FORMAT_NAMES)
        return None if format_ is None else cls(format=format_, path=path)


@contextmanager
def open_output(
    output: Output | None, *, inputs: Sequence[Path] = ()
) -> Iterator[list[ResultWriter]]:
    """The writers that ``output`` stands for: none or one.

    Raises:
        UsageError: the file cannot be written, or is one of ``inputs``.
    """
    if output is None:
        yield []
        return
    from modelforge.export.formats import FORMATS  # noqa: PLC0415 (it loads what evidence is made of: for who writes it)

    if output.path is None:
        yield [FORMATS[output.format](standard_output())]
    else:
        if any(same_file(output.path, path) for path in inputs):
            raise UsageError(f"-o {output.path} would overwrite an input: name another file")
        try:
            stream = output.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise UsageError(f"cannot write {output.path}: {error.strerror or error}") from None
        with stream:
            yield [FORMATS[output.format](stream)]


def format_of(path: Path, of_suffix: Mapping[str, str], formats: Sequence[str]) -> str:
    """The one of ``formats`` that the suffix of ``path`` names.

    Raises:
        UsageError: it names none of them.
    """
    found = of_suffix.get(path.suffix.lower())
    if found is None or found not in formats:
        raise UsageError(f"the suffix of {path} names no format: add --export {'|'.join(formats)}")
    return found


def names_stdout(path: Path) -> bool:
    """Whether ``path`` is ``-`` or another name of standard output."""
    if str(path) == "-":
        return True
    try:
        return path.samefile("/dev/fd/1") and not path.is_char_device()
    except OSError:
        return False


def same_file(path: Path, other: Path) -> bool:
    """Whether both are one file that exists."""
    try:
        return path.samefile(other)
    except OSError:
        return False  # what is not there cannot be overwritten


def standard_output() -> TextIO:
    """Standard output as the writers want it: UTF-8, line ends untouched."""
    if sys.stdout is None:
        raise UsageError("standard output is closed: name a file with -o")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout
