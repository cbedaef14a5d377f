"""The shape of foreign JSON, checked where it is read."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from modelforge.core.errors import ResponseTooLarge

MAX_PIECE_BYTES: Final = 16 * 2**20
"""The largest single event or JSON document that is read."""

_EXCERPT_CHARS: Final = 120
_SPENT: Final = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "exceeded_current_quota_error",
    }
)
_MOST_TOKENS: Final = 2**53  # what every reader of JSON can hold


class NotTheProtocol(Exception):
    """A value has a shape that the protocol does not know."""


def parsed(document: bytes) -> Any:
    """The value of a JSON text: by orjson, and where that refuses by the standard library.

    The second accepts what some servers send (NaN, lone surrogates, UTF-16).

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deep.
    """
    try:
        return orjson.loads(document)
    except orjson.JSONDecodeError:
        return json.loads(document)


def table(value: Any) -> dict[str, Any]:
    """``value``, a JSON object; NotTheProtocol for anything else."""
    if not isinstance(value, dict):
        raise NotTheProtocol
    return value


def array(value: Any) -> list[Any]:
    """``value``, a JSON array; NotTheProtocol for anything else."""
    if not isinstance(value, list):
        raise NotTheProtocol
    return value


def text(value: Any) -> str:
    """``value``, a JSON string; NotTheProtocol for anything else."""
    if not isinstance(value, str):
        raise NotTheProtocol
    return value


def count(value: Any) -> int | None:
    """A token count, or None for what cannot be one."""
    valid = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS
    return value if valid else None


def first_count(*values: Any) -> int | None:
    """The first of ``values`` that can be a token count."""
    return next((found for value in values if (found := count(value)) is not None), None)


def total(*counts: int | None) -> int | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in counts if value is not None]
    return sum(known) if known else None


def is_error(document: dict[str, Any]) -> bool:
    """Whether a document of an answer holds an error.

    Some servers send the field with every piece: empty, false or zero when there is none.
    """
    return bool(document.get("error"))


def out_of_quota(document: Any) -> bool:
    """Whether an error document says that the account has nothing left to spend.

    OpenAI and Moonshot say so with the status of a passing refusal (429), and only the error's
    code or type tells the two apart: asking again does not help.
    """
    if isinstance(document, list) and document:
        document = document[0]
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return False
    words = (error.get("code"), error.get("type"))
    return any(isinstance(word, str) and word in _SPENT for word in words)


def out_of_quota_body(body: bytes) -> bool:
    """``out_of_quota`` of a body that may not be JSON at all."""
    try:
        return out_of_quota(json.loads(body))
    except (ValueError, RecursionError):
        return False


def error_text(document: Any) -> str | None:
    """The words of an error document, whichever of the known shapes it has.

    ``error.message``, ``error``, ``message`` or ``detail``, also as the first of a list.
    """
    if isinstance(document, list) and document:
        document = document[0]
    if not isinstance(document, dict):
        return None
    for key in ("error", "message", "detail"):
        value = document.get(key)
        if isinstance(value, dict):
            value = value.get("message") or value.get("code") or value.get("type")
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return None


def error_text_of(body: bytes) -> str | None:
    """``error_text`` of a body that may not be JSON at all."""
    try:
        return error_text(json.loads(body))
    except (ValueError, RecursionError):
        return None


def excerpt(data: bytes) -> str:
    """The start of ``data`` on one line, quoted."""
    start = data[: _EXCERPT_CHARS + 1].decode("utf-8", errors="replace")
    return repr(start if len(data) <= _EXCERPT_CHARS else start[:_EXCERPT_CHARS] + "…")


def too_large() -> ResponseTooLarge:
    """The error for a piece of more than ``MAX_PIECE_BYTES``."""
    return ResponseTooLarge(f"the server sent more than {MAX_PIECE_BYTES:,} bytes in one piece")
