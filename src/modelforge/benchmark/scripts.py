"""Conversations in the layouts of published data sets."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from modelforge.benchmark.conversation import Script
from modelforge.core.errors import UsageError

_USERS: Final = frozenset({"human", "user"})
_SYSTEM: Final = "system"
_ALONE: Final = ("prompt", "question", "instruction")
_KNOWN: Final = "turns, conversations, messages, prompt, question or instruction"


def read_scripts(lines: Iterable[str], name: str) -> tuple[Script, ...]:
    """What users say in the rows of a data set, one JSON object a line or one JSON array of them.

    The layouts, told apart row by row:

    - ``turns``: a list of texts (MT-Bench);
    - ``conversations``: a list of ``{"from": …, "value": text}``, from human or gpt (ShareGPT);
    - ``messages``: a list of ``{"role": …, "content": text}`` (OpenAI);
    - ``prompt``, ``question`` or ``instruction``: one text (GSM8K, AlpacaEval), with ``input``
      after an instruction that has one (Alpaca).

    Recorded answers are left out: the model under test gives its own. Rows in which no user says
    anything are left out too, as ShareGPT has them.

    Args:
        lines: the lines of the file.
        name: what messages call it.

    Raises:
        UsageError: it is not JSON, a row has none of the layouts, or no conversation is left.
    """
    scripts = []
    for where, row in _rows(lines, name):
        if not isinstance(row, Mapping):
            raise UsageError(f"{where}: this is no JSON object")
        said = _said(row, where)
        turns = tuple(text for role, text in said if role in _USERS and text.strip())
        if turns:
            system = next((text for role, text in said if role == _SYSTEM and text), None)
            scripts.append(Script(turns=turns, system=system))
    if not scripts:
        raise UsageError(f"{name}: there is no conversation in it")
    return tuple(scripts)


def _rows(lines: Iterable[str], name: str) -> Iterator[tuple[str, Any]]:
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    for number, line in numbered:
        if line.lstrip("\ufeff \t").startswith("["):
            rest = "".join((line, *(more for _, more in numbered)))
            rows = _json(rest, name)
            yield from ((f"{name}, row {at}", row) for at, row in enumerate(rows, start=1))
            return
        where = f"{name}, line {number}"
        yield where, _json(line, where)


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        raise UsageError(f"{where}: this is not JSON") from None


def _said(row: Mapping[str, Any], where: str) -> list[tuple[str, str]]:
    """(role, text) of everything said."""
    if "turns" in row:
        return [("user", _text(turn, where)) for turn in _list(row["turns"], where)]
    for key, role, content in (("conversations", "from", "value"), ("messages", "role", "content")):
        if key in row:
            return [_turn(turn, role, content, where) for turn in _list(row[key], where)]
    for key in _ALONE:
        if key in row:
            more = row.get("input") if key == "instruction" else None
            texts = [_text(row[key], where), *([_text(more, where)] if more else [])]
            return [("user", "\n\n".join(texts))]
    raise UsageError(f"{where}: there is no conversation: it needs {_KNOWN}")


def _turn(turn: Any, role: str, content: str, where: str) -> tuple[str, str]:
    if not isinstance(turn, Mapping):
        raise UsageError(f"{where}: a turn must be an object with {role!r} and {content!r}")
    return _text(turn.get(role), where), _text(turn.get(content), where)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise UsageError(f"{where}: the turns must be a list")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{where}: a turn must be text, not {type(value).__name__}")
    return value
