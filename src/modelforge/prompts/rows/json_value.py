"""How JSON is decoded here, and what is said of text that is not JSON."""

from __future__ import annotations

import json
from typing import Any, Final

from modelforge.prompts.wording import plain, quoted


def refusal(error: ValueError | RecursionError) -> str:
    """Why ``DECODER`` refused a text, without the place."""
    if isinstance(error, RecursionError):
        return "nested too deep"
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: {plain(error.msg)}"
    if isinstance(error, _FieldTwice):
        return str(error)
    return "a number has too many digits"  # more than sys.get_int_max_str_digits()


class _FieldTwice(ValueError):
    pass


def _fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            raise _FieldTwice(f"an object has the field {quoted(name)} twice")
        fields[name] = value
    return fields


DECODER: Final = json.JSONDecoder(object_pairs_hook=_fields)
"""JSON with Python's NaN and Infinity; refuses (ValueError) an object that has a field twice."""
