"""Where a report is written, and in which format."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modelforge.app.output import format_of, names_stdout, same_file, standard_output
from modelforge.app.whole_file import write_whole
from modelforge.core.errors import ModelForgeError, UsageError

FORMATS: Final = ("json", "csv", "markdown")
_OF_SUFFIX: Final = {".json": "json", ".csv": "csv", ".md": "markdown", ".markdown": "markdown"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportOutput:
    """A format and a file; without a file, standard output."""

    format: str
    path: Path | None

    @property
    def takes_stdout(self) -> bool:
        """Whether standard output is the report's."""
        return self.path is None

    @classmethod
    def of(
        cls,
        format_: str | None,
        path: Path | None,
        *,
        inputs: Sequence[Path],
        formats: Sequence[str] = FORMATS,
    ) -> ReportOutput | None:
        """What ``--export`` and ``-o`` ask for together; None when they ask for nothing.

        Raises:
            UsageError: the format is in neither, or the file cannot be written or is an input.
        """
        if path is not None and names_stdout(path):
            return cls(format=format_ or "json", path=None)
        if path is None:
            return None if format_ is None else cls(format=format_, path=None)
        if format_ is None:
            format_ = format_of(path, _OF_SUFFIX, formats)
        _require_writable(path, inputs)
        return cls(format=format_, path=path)

    def write(self, text: str, *, hint: str = "name another file with -o") -> None:
        """Write the report, whole or not at all.

        ``hint`` says what to do where its file cannot be written.

        Raises:
            ModelForgeError: the file cannot be written.
            BrokenPipeError: the output's reader went away.
        """
        if self.path is None:
            standard_output().write(text)
            return
        try:
            write_whole(self.path, text.encode())
        except OSError as error:
            raise ModelForgeError(
                f"cannot write {self.path}: {error.strerror or error}; {hint}"
            ) from None


def write_report(
    formats: Mapping[str, Callable[[], str]],
    format_: str | None,
    path: Path | None,
    *,
    inputs: Sequence[Path] = (),
) -> Path | None:
    """Write what one of ``formats`` gives, to ``path`` or standard output; returns the file.

    The format is ``format_``, else that of the file's suffix, else the first.

    Raises:
        UsageError: the suffix names no format, or the file cannot be written.
    """
    first = next(iter(formats))
    output = ReportOutput.of(format_, path, inputs=inputs, formats=tuple(formats))
    if output is None:
        output = ReportOutput(format=first, path=None)
    made = formats.get(output.format, formats[first])
    output.write(made())
    return output.path


def _require_writable(path: Path, inputs: Sequence[Path]) -> None:
    """Find what is wrong with a file before a run of minutes is lost for it."""
    if any(same_file(path, input_) for input_ in inputs):
        raise UsageError(f"-o {path} would overwrite an input: name another file")
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a directory")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no directory {path.parent}")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"cannot write {path}: permission denied")
