"""models.dev's document, read row by row: a broken row is refused and named, the others stand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from modelforge.catalogue.cost import PRICE_FIELDS, Cost, ListedPrice, Tier
from modelforge.catalogue.model import Model
from modelforge.catalogue.provider import Provider
from modelforge.core.address import http_url, variable_name
from modelforge.core.model_id import ModelId

_PROVIDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_MODEL_ID = re.compile(r"[!-~]{1,400}\Z")
_DATE = re.compile(r"[12][0-9]{3}(-[01][0-9](-[0-3][0-9])?)?\Z")
_WORD = re.compile(r"[a-z0-9_-]{1,40}\Z")
_UNPAIRED = re.compile(r"[\ud800-\udfff]")
_LONGEST_TEXT: Final = 300
_LARGEST_LIMIT: Final = 10**12
_LARGEST_PRICE: Final = Decimal(10**6)
_MOST_DIGITS: Final = 15

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A row that was not taken, and why."""

    row: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What a document holds."""

    providers: tuple[Provider, ...]
    models: tuple[Model, ...]
    refused: tuple[Refusal, ...]


class _Broken(ValueError):
    """A field is not what it should be."""


def read_source(document: bytes) -> Source:
    """Read the document of ``api.json``; prices are taken from its digits, exactly.

    Raises:
        ValueError: it is not a JSON object of providers at all.
    """
    try:
        tree = json.loads(document, parse_float=Decimal)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(tree, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 (the value is wrong, not a type)
    providers, models, refused = [], [], []
    for id_, fields in sorted(tree.items()):
        try:
            provider = _provider(id_, fields)
            listed = _table(fields, "models")
        except _Broken as error:
            refused.append(Refusal(row=id_, reason=str(error)))
            continue
        providers.append(provider)
        for name, row in sorted(listed.items()):
            try:
                models.append(_model(id_, name, row))
            except _Broken as error:
                refused.append(Refusal(row=f"{id_}/{name}", reason=str(error)))
    return Source(providers=tuple(providers), models=tuple(models), refused=tuple(refused))


def _provider(id_: str, fields: Any) -> Provider:
    if not _PROVIDER_ID.match(id_):
        raise _Broken("its id cannot be a provider's name")
    if not isinstance(fields, Mapping):
        raise _Broken("it is not an object")
    return Provider(
        id=id_,
        name=_text(fields, "name") or id_,
        env=_variables(fields),
        package=_text(fields, "npm"),
        api=_address(fields),
        doc=_url(fields, "doc"),
    )


def _model(provider: str, id_: str, fields: Any) -> Model:
    if not _MODEL_ID.match(id_):
        raise _Broken("its id cannot be a model's name")
    if not isinstance(fields, Mapping):
        raise _Broken("it is not an object")
    limit = _table(fields, "limit")
    modalities = _table(fields, "modalities")
    return Model(
        id=ModelId(provider=provider, model=id_),
        name=_text(fields, "name") or id_,
        family=_text(fields, "family"),
        context=_limit(limit, "context"),
        input_limit=_limit(limit, "input"),
        output_limit=_limit(limit, "output"),
        takes=_each(modalities, "input", _WORD),
        gives=_each(modalities, "output", _WORD),
        tool_call=_flag(fields, "tool_call"),
        reasoning=_flag(fields, "reasoning"),
        structured_output=_flag(fields, "structured_output"),
        open_weights=_flag(fields, "open_weights"),
        knowledge=_matching(fields, "knowledge", _DATE),
        released=_matching(fields, "release_date", _DATE),
        status=_matching(fields, "status", _WORD),
        cost=_cost(fields),
    )


def _cost(fields: Mapping[str, Any]) -> Cost | None:
    if fields.get("cost") is None:
        return None
    cost = _table(fields, "cost")
    tiers = [_tier(tier) for tier in _list(cost, "tiers")]
    over_200k = cost.get("context_over_200k")
    if not tiers and over_200k is not None:
        tiers = [Tier(above_tokens=200_000, price=_price(_table(cost, "context_over_200k")))]
    return Cost(price=_price(cost), tiers=tuple(sorted(tiers, key=lambda tier: tier.above_tokens)))


def _tier(fields: Any) -> Tier:
    if not isinstance(fields, Mapping):
        raise _Broken("a tier of its cost is not an object")
    size = _limit(_table(fields, "tier"), "size")
    if size is None:
        raise _Broken("a tier of its cost has no size")
    return Tier(above_tokens=size, price=_price(fields))


def _price(fields: Mapping[str, Any]) -> ListedPrice:
    return ListedPrice(**{name: _dollars(fields, name) for name in PRICE_FIELDS})


def _dollars(fields: Mapping[str, Any], name: str) -> Decimal | None:
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _Broken(f"its price {name} is not a number")
    try:
        price = Decimal(value)
        if not 0 <= price <= _LARGEST_PRICE:
            raise _Broken(f"its price {name} is not between 0 and {_LARGEST_PRICE}")
    except InvalidOperation:
        raise _Broken(f"its price {name} is not a number") from None
    # A price of a hundred digits is a slip of binary arithmetic, not a price.
    return round(price, _MOST_DIGITS).normalize() if price else Decimal(0)


def _table(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return _typed(fields, name, dict, "an object") or {}


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    return _typed(fields, name, list, "a list") or []


def _flag(fields: Mapping[str, Any], name: str) -> bool | None:
    return _typed(fields, name, bool, "true or false")


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    text = _typed(fields, name, str, "a string")
    if text is not None and len(text) > _LONGEST_TEXT:
        raise _Broken(f"its {name} is longer than {_LONGEST_TEXT} characters")
    if text is not None and _UNPAIRED.search(text):
        raise _Broken(f"its {name} is not Unicode text: it holds half of a surrogate pair")
    return text


def _limit(fields: Mapping[str, Any], name: str) -> int | None:
    """A number of tokens; the source writes 0 where it knows none."""
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST_LIMIT:
        raise _Broken(f"its {name} is not a number of tokens")
    return value or None


def _matching(fields: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> str | None:
    text = _text(fields, name)
    if text and not shape.match(text):
        raise _Broken(f"its {name} {text[:40]!r} is not of the usual form")
    return text or None


def _each(fields: Mapping[str, Any], name: str, shape: re.Pattern[str]) -> tuple[str, ...]:
    values = _list(fields, name)
    if not all(isinstance(value, str) and shape.match(value) for value in values):
        raise _Broken(f"its {name} is not a list of names")
    return tuple(values)


def _variables(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that a configuration could hold too."""
    values = _list(fields, "env")
    try:
        return tuple(variable_name(value) for value in values)
    except (ValueError, TypeError):
        raise _Broken("its env is not a list of variables") from None


def _address(fields: Mapping[str, Any]) -> str | None:
    """A base URL that a configuration could hold too; the source writes "" for none."""
    url = _text(fields, "api")
    if not url:
        return None
    try:
        http_url(url)
    except ValueError as error:
        raise _Broken(f"its api {error}") from None
    return url


def _url(fields: Mapping[str, Any], name: str) -> str | None:
    url = _text(fields, name)
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _Broken(f"its {name} is not a URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
        raise _Broken(f"its {name} is not an http:// or https:// URL")
    return url


def _typed(fields: Mapping[str, Any], name: str, kind: Callable[..., T], words: str) -> T | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, kind):  # type: ignore[arg-type]
        raise _Broken(f"its {name} is not {words}")
    return value
