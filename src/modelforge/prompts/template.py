"""A Jinja template that makes a message of a row."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError

from modelforge.core.errors import PromptError
from modelforge.prompts.limits import ROW_LIMIT
from modelforge.prompts.sandbox import Sandbox
from modelforge.prompts.wording import listed, place, plain

_COMPILED_FILE: Final = "<template>"


class Template:
    """A compiled template."""

    def __init__(self, source: str, name: str) -> None:
        """Compile ``source``; ``name`` is what messages call it.

        Raises:
            PromptError: it is not a template, with the line.
        """
        self._name = name
        try:
            self._template = Sandbox().from_string(source)
        except TemplateSyntaxError as error:
            reason = plain(error.message or "it cannot be parsed")
            raise PromptError(f"{place(name, error.lineno)}: {reason}") from None
        except Exception as error:  # the compiler's own limits: nesting, huge numbers
            raise PromptError(f"{name}: it cannot be compiled: {_reason(error)}") from error

    def render(self, values: Mapping[str, Any], where: str) -> str:
        """The text that the template makes of ``values``, which are data and never templates.

        Raises:
            PromptError: with ``where`` the row stands and the line of the template: something is
                not defined or not allowed, an operation fails, or the text passes ``ROW_LIMIT``.
        """
        try:
            return self._rendered(values)
        except Exception as error:  # Jinja: "the caller has to ensure that all are caught"
            line = _line(error)
            source = self._name if line is None else place(self._name, line)
            source = source if where == self._name else f"{where}: {source}"
            known = _known(values) if isinstance(error, UndefinedError) else ""
            raise PromptError(f"{source}: {_reason(error)}{known}") from error

    def _rendered(self, values: Mapping[str, Any]) -> str:
        text = io.StringIO()
        for piece in self._template.generate(values):
            text.write(piece)
            if text.tell() > ROW_LIMIT:
                raise OverflowError(f"it makes more than {ROW_LIMIT} characters")
        return text.getvalue()


def _known(values: Mapping[str, Any]) -> str:
    return f"; known are {listed(values)}" if values else "; give it a value with --var"


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return "a template cannot include or import another"
    message = error.message if isinstance(error, TemplateError) else str(error)
    return plain(" ".join((message or type(error).__name__).split()))


def _line(error: Exception) -> int | None:
    """The line of the template that raised, as Jinja has it in the traceback."""
    found = None
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == _COMPILED_FILE:
            found = frame.tb_lineno
        frame = frame.tb_next
    return found
