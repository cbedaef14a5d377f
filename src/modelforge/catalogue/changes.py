"""What became different between two catalogues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from modelforge.catalogue.cost import PRICE_FIELDS, ListedPrice
from modelforge.catalogue.model import Model
from modelforge.core.model_id import ModelId

NOTABLE_RATIO: Final = 3
"""A price that moved by more than this factor is worth a look: a source can be wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceMove:
    """A listed price before and after; ``what`` is one of `PRICE_FIELDS`.

    ``before`` is None where none was listed.
    """

    id: ModelId
    what: str
    before: Decimal | None
    after: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """``moved`` are prices that moved past ``NOTABLE_RATIO``, ``now_free`` those that are 0 now and
    were not, or were not listed.
    """

    new: tuple[ModelId, ...]
    gone: tuple[ModelId, ...]
    moved: tuple[PriceMove, ...]
    now_free: tuple[PriceMove, ...]


def changes(before: Iterable[Model], after: Iterable[Model]) -> Changes:
    """What ``after`` has, has no more, or prices otherwise than ``before``."""
    old = {model.id: model for model in before}
    new = {model.id: model for model in after}
    moves = [
        move
        for id_ in sorted(old.keys() & new.keys())
        for move in _moves(id_, _price(old[id_]), _price(new[id_]))
    ]
    return Changes(
        new=tuple(sorted(new.keys() - old.keys())),
        gone=tuple(sorted(old.keys() - new.keys())),
        moved=tuple(move for move in moves if _notable(move)),
        now_free=tuple(move for move in moves if not move.after),
    )


def _price(model: Model) -> ListedPrice:
    return ListedPrice() if model.cost is None else model.cost.price


def _moves(id_: ModelId, before: ListedPrice, after: ListedPrice) -> list[PriceMove]:
    return [
        PriceMove(id=id_, what=what, before=old, after=new)
        for what in PRICE_FIELDS
        if (new := getattr(after, what)) is not None and (old := getattr(before, what)) != new
    ]


def _notable(move: PriceMove) -> bool:
    if move.before is None or not move.after:
        return False
    low, high = sorted((move.before, move.after))
    return high > low * NOTABLE_RATIO
