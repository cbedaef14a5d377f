"""Where templates run: able to lay out data, and nothing else."""

from __future__ import annotations

import inspect
import json
from typing import Any, Final

from jinja2 import DictLoader, StrictUndefined, Undefined
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from modelforge.prompts.limits import ROW_LIMIT

_TEXTUAL: Final = (str, int, float, type(None), list, tuple, dict, Undefined)
_POWER_BITS: Final = 16_384


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as its manual describes it, but for what could make a prompt other than it looks.

    - What is not defined is an error, wherever it is used.
    - A method that is not called, a generator and the like are an error where they would be
      rendered, as ``<built-in method title of str object at 0x7f…>``.
    - Nothing random: every rendering of a row is the same, whichever model it is for.
    - ``tojson`` writes JSON as it is, not escaped for HTML.
    - No other template can be included; ``*`` and ``**`` of absurd size are refused.
    """

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            finalize=_only_data,
            autoescape=False,
            loader=DictLoader({}),
            keep_trailing_newline=True,
        )
        del self.globals["lipsum"]
        del self.filters["random"]
        self.filters["tojson"] = _to_json

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A product or a power.

        Raises:
            OverflowError: it would be absurdly large.
        """
        if operator == "**":
            if isinstance(left, int) and isinstance(right, int):
                _refuse(left.bit_length() * right > _POWER_BITS, "the power is too large")
        else:
            for many, times in ((left, right), (right, left)):
                if isinstance(many, (str, list, tuple)) and isinstance(times, int):
                    _refuse(len(many) * times > ROW_LIMIT, "the product is too long")
        return super().call_binop(context, operator, left, right)


def _refuse(refused: bool, reason: str) -> None:
    if refused:
        raise OverflowError(reason)


def _only_data(value: Any) -> Any:
    if isinstance(value, _TEXTUAL):
        return value
    if inspect.isroutine(value):
        raise TypeError(
            "a method would be rendered; call it with (), or if a field of its name is meant, "
            "write x['name'] for x.name"
        )
    raise TypeError(f"a {type(value).__name__} would be rendered; add | list or | join")


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=_not_json)


def _not_json(value: Any) -> None:
    str(value)  # what is undefined says so itself
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON; add | list")
