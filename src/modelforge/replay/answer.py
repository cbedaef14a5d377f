"""One recorded answer, as it stands in a row of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelforge.core.errors import UsageError
from modelforge.core.usage import Usage
from modelforge.prompts.wording import kind_of, listed, quoted

PROMPT_FIELDS: Final = ("prompt", "question", "instruction")
ANSWER_FIELDS: Final = ("response", "output", "answer", "completion")
MODEL_FIELDS: Final = ("model_id", "model", "generator")
"""Where a row may have its prompt, its answer and its model's name; the first found counts."""

_COUNTS: Final = ("prompt_tokens", "completion_tokens", "cached_tokens", "reasoning_tokens")
_LARGEST_RANK: Final = 2**31


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedAnswer:
    """What was asked, what was answered, and by whom.

    ``system`` is None where the recording does not say. ``names`` are all that the row calls its
    model, the most exact first. ``rank`` orders several answers to one prompt: its place in the
    set of prompts, then the repeat.
    """

    prompt: str
    system: str | None
    response: str
    reasoning: str
    names: tuple[str, ...]
    finish_reason: str | None
    usage: Usage
    rank: tuple[int, int]


def read_answer(row: Any, where: str) -> RecordedAnswer | None:
    """The answer of a row; None when the row is a failure, which answers nothing.

    Raises:
        UsageError: it is not an object, a field is missing or is not what it must be.
    """
    if not isinstance(row, Mapping):
        raise UsageError(f"{where}: a recorded answer is an object, not {kind_of(row)}")
    if row.get("error") is not None or row.get("error_kind") is not None:
        return None
    return RecordedAnswer(
        prompt=_required(row, PROMPT_FIELDS, "prompt", where),
        system=_text(row, "system", where) or None,
        response=_required(row, ANSWER_FIELDS, "answer", where),
        reasoning=_text(row, "reasoning", where) or "",
        names=tuple(name for field in MODEL_FIELDS if (name := _text(row, field, where))),
        finish_reason=_text(row, "finish_reason", where),
        usage=Usage(**{field: _count(row, field, where) for field in _COUNTS}),
        rank=(_rank(row.get("prompt_index")), _rank(row.get("repeat"))),
    )


def _required(row: Mapping[str, Any], fields: tuple[str, ...], what: str, where: str) -> str:
    for field in fields:
        if row.get(field) is not None:
            return _text(row, field, where) or ""
    there_are = f"there are {listed(row)}" if row else "there are none"
    raise UsageError(f"{where}: no field with the {what} ({' or '.join(fields)}); {there_are}")


def _text(row: Mapping[str, Any], field: str, where: str) -> str | None:
    value = row.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UsageError(f"{where}: field {quoted(field)} is {kind_of(value)}, not text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{where}: field {quoted(field)} is not Unicode text: character {error.start} is "
            f"U+{ord(value[error.start]):04X}, half of a surrogate pair"
        ) from None
    return value


def _count(row: Mapping[str, Any], field: str, where: str) -> int | None:
    value = row.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        shown = "below 0" if isinstance(value, int) and value < 0 else kind_of(value)
        raise UsageError(f"{where}: field {quoted(field)} is {shown}, not a count of tokens")
    return value


def _rank(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < _LARGEST_RANK else 0
