"""Token counts and rates as people write them, in JSON: checked key by key."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from modelforge.core.errors import UsageError
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.component import COMPONENTS, Component
from modelforge.pricing.tariff import Rates

LONGEST: Final = 65_536
"""Characters of JSON that are read: a usage has eight counts."""

_MOST_TOKENS: Final = 10**15
_MOST_USD: Final = Decimal(10**6)
_MOST_DIGITS: Final = 30
_EXAMPLES: Final = {
    "usage": """'{"input_total": 10000, "output_total": 1000}'""",
    "rates": """'{"input": "2.5", "output": "10"}'""",
}
_COUNTS: Final = tuple(field.name for field in fields(BilledUsage))
_TOTALS: Final = ("input_total", "output_total")


def read_usage(text: str) -> BilledUsage:
    """The counts of a JSON object: totals, and their parts named apart; one left out is 0.

    Raises:
        UsageError: it is no such object; with the key or the value that is wrong.
    """
    table = _table(text, "usage")
    _known(table, _COUNTS, "usage")
    if not any(name in table for name in _TOTALS):
        raise UsageError("the usage has no total: give input_total, output_total or both")
    counts = {name: _tokens(name, value) for name, value in table.items()}
    return BilledUsage(**{**dict.fromkeys(_TOTALS, 0), **counts})


def read_rates(text: str) -> Rates:
    """The rates of a JSON object, US dollars per million tokens, as text or as numbers.

    Raises:
        UsageError: it is no such object; with the key or the value that is wrong.
    """
    table = dict(_table(text, "rates"))
    currency = table.pop("currency", "USD")
    if currency != "USD":
        raise UsageError(
            f"the rates are in {currency!r}: give them in USD; ModelForge converts no currency"
        )
    _known(table, COMPONENTS, "rates")
    if not table:
        raise UsageError('the rates name no price: write for example {"input": "2.5"}')
    rates: dict[Component, Decimal] = {}
    for name in COMPONENTS:
        if name in table:
            rates[name] = _dollars(name, table[name])
    return Rates().replaced(rates)


def read_moment(text: str) -> datetime:
    """A moment in ISO 8601, a day's beginning where it has no time, UTC where it has no zone.

    Raises:
        UsageError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text[:60]!r} is not a time: write it as 2025-09-05 or 2025-09-05T16:00Z"
        ) from None


def _table(text: str, what: str) -> Mapping[str, Any]:
    if len(text) > LONGEST:
        raise UsageError(f"the {what} are {len(text):,} characters long: {LONGEST:,} are read")
    try:
        table = json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_not_finite,
            object_pairs_hook=lambda pairs: _once(pairs, what),
        )
    except UsageError:
        raise
    except (ValueError, RecursionError, InvalidOperation) as error:
        at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(
            f"--{what} is not JSON{at}: {_shown(text)}; write {_EXAMPLES[what]}"
        ) from None
    if not isinstance(table, dict):
        raise UsageError(f"--{what} is not a JSON object: {_shown(text)}; write {_EXAMPLES[what]}")
    return table


def _once(pairs: list[tuple[str, Any]], what: str) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = next(name for name, _ in pairs if [n for n, _ in pairs].count(name) > 1)
        raise UsageError(f"the {what} name {twice[:60]!r} twice: which count holds?")
    return table


def _known(table: Mapping[str, Any], names: Collection[str], what: str) -> None:
    for name in table:
        if name not in names:
            close = difflib.get_close_matches(name[:60], names, n=1)
            hint = f"did you mean {close[0]}?" if close else f"use {', '.join(names)}"
            raise UsageError(f"the {what} name {name[:60]!r}, which is not known; {hint}")


def _tokens(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise UsageError(f"{name} is {_shown(value)}: tokens are a whole number")
    if value < 0:
        raise UsageError(f"{name} is {_shown(value)}: tokens cannot be fewer than 0")
    if value > _MOST_TOKENS:
        raise UsageError(f"{name} is more than {_MOST_TOKENS:,} tokens: check the unit")
    if value % 1:
        raise UsageError(f"{name} is {_shown(value)}: tokens are whole, there is no part of one")
    return int(value)


def _dollars(name: str, value: Any) -> Decimal:
    asked = "give US dollars per million tokens, such as 2.5"
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise UsageError(f"the rate {name} is {_shown(value)}: {asked}")
    try:
        rate = Decimal(value)
    except (InvalidOperation, ValueError):
        raise UsageError(f"the rate {name} is {_shown(value)}: {asked}") from None
    if not rate.is_finite() or not 0 <= rate <= _MOST_USD:
        raise UsageError(
            f"the rate {name} is {_shown(value)}, not from 0 to {_MOST_USD:,}: {asked}"
        )
    if len(rate.as_tuple().digits) > _MOST_DIGITS or abs(rate.adjusted()) > _MOST_DIGITS:
        raise UsageError(f"the rate {name} has too many digits: {asked}")
    return rate


def _not_finite(name: str) -> NoReturn:
    raise UsageError(f"{name} is not a number that can be priced")


def _shown(value: object) -> str:
    """A value as it was written, not too long."""
    text = value if isinstance(value, str) else str(value)
    return repr(text[:40] + ("…" if len(text) > 40 else ""))  # noqa: PLR2004 (a glance)
