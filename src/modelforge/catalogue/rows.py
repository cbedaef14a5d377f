"""Models as rows of JSON: small to keep, quick to read, and decoded only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from modelforge.catalogue.cost import PRICE_FIELDS, Cost, ListedPrice, Tier
from modelforge.catalogue.model import Model
from modelforge.core.model_id import ModelId

COLUMNS: Final = (
    "id",
    "name",
    "family",
    "context",
    "input_limit",
    "output_limit",
    "takes>gives",
    "tool_call reasoning structured_output open_weights",
    "knowledge",
    "released",
    "status",
    f"[[{' '.join(PRICE_FIELDS)}], [above_tokens, …tier], …]",
)
"""What stands where in a row; trailing nulls are left out. Prices are text, exact."""

_FLAGS: Final = {None: "?", False: "-", True: "+"}
_FLAG_VALUES: Final = {text: value for value, text in _FLAGS.items()}

Row = Sequence[Any]


def encode_model(model: Model) -> list[Any]:
    """``model`` as a row, without its provider."""
    flags = (model.tool_call, model.reasoning, model.structured_output, model.open_weights)
    return _trimmed(
        [
            model.id.model,
            model.name,
            model.family,
            model.context,
            model.input_limit,
            model.output_limit,
            f"{','.join(model.takes)}>{','.join(model.gives)}",
            "".join(_FLAGS[flag] for flag in flags),
            model.knowledge,
            model.released,
            model.status,
            None if model.cost is None else _encode_cost(model.cost),
        ]
    )


def decode_model(provider: str, row: Row) -> Model:
    """The model that `encode_model` made ``row`` of."""
    padded: list[Any] = [*row, *(None,) * (len(COLUMNS) - len(row))]
    id_, name, family, context, input_limit, output_limit = padded[:6]
    modalities, flags, knowledge, released, status, cost = padded[6:]
    takes, _, gives = modalities.partition(">")
    tool_call, reasoning, structured_output, open_weights = map(_FLAG_VALUES.__getitem__, flags)
    return Model(
        id=ModelId(provider=provider, model=id_),
        name=name,
        family=family,
        context=context,
        input_limit=input_limit,
        output_limit=output_limit,
        takes=_words(takes),
        gives=_words(gives),
        tool_call=tool_call,
        reasoning=reasoning,
        structured_output=structured_output,
        open_weights=open_weights,
        knowledge=knowledge,
        released=released,
        status=status,
        cost=None if cost is None else _decode_cost(cost),
    )


def _encode_cost(cost: Cost) -> list[Any]:
    tiers = [[tier.above_tokens, *_encode_price(tier.price)] for tier in cost.tiers]
    return [_encode_price(cost.price), *tiers]


def _encode_price(price: ListedPrice) -> list[str | None]:
    values = (getattr(price, name) for name in PRICE_FIELDS)
    return _trimmed([None if value is None else f"{value:f}" for value in values])


def _decode_cost(cost: Sequence[Any]) -> Cost:
    base, *tiers = cost
    return Cost(
        price=_decode_price(base),
        tiers=tuple(
            Tier(above_tokens=above, price=_decode_price(values)) for above, *values in tiers
        ),
    )


def _decode_price(values: Sequence[str | None]) -> ListedPrice:
    return ListedPrice(
        **{
            name: Decimal(value)
            for name, value in zip(PRICE_FIELDS, values, strict=False)
            if value is not None
        }
    )


def _trimmed(values: list[Any]) -> list[Any]:
    while values and values[-1] is None:
        values.pop()
    return values


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()
