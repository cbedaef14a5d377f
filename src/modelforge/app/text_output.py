"""A text that is written whole: which format, and where to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from modelforge.app.output import names_stdout, standard_output
from modelforge.core.errors import UsageError
from modelforge.export.format_names import FORMAT_OF_SUFFIX


def write_text(
    formats: Mapping[str, Callable[[], str]], format_: str | None, path: Path | None
) -> None:
    """Write what one of ``formats`` gives, to ``path`` or standard output.

    The format is ``format_``, else that of the file's suffix, else the first.

    Raises:
        UsageError: the suffix names no format, or the file cannot be written.
    """
    if path is not None and names_stdout(path):
        path = None
    if format_ is None:
        format_ = next(iter(formats)) if path is None else FORMAT_OF_SUFFIX.get(path.suffix.lower())
    if format_ is None or format_ not in formats:
        raise UsageError(f"the suffix of {path} names no format: add --export {'|'.join(formats)}")
    text = formats[format_]()
    if path is None:
        standard_output().write(text)
        return
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
