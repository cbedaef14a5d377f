"""How large a difference must be to matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import fmean

from modelforge.compare.quantity import SUCCESS, Quantity, Unit
from modelforge.core.errors import UsageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Margin:
    """``size`` in the quantity's unit; or, ``relative``, a part of the two models' common mean.

    Of shares a relative margin is in points: 5 % of them are 0.05.
    """

    size: float
    relative: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Margins:
    """A margin for some quantities by name, and one for the ``others``."""

    named: Mapping[str, Margin] = field(default_factory=dict)
    others: Margin | None = None

    @classmethod
    def parse(cls, texts: Iterable[str], *, names: Sequence[str]) -> Margins:
        """Of ``5%``, ``latency=10%``, ``cost=0.001``.

        Raises:
            UsageError: a text is none of these, names no quantity of ``names``, or is a size
                without a unit for several of them.
        """
        named: dict[str, Margin] = {}
        others: Margin | None = None
        for text in texts:
            name, equals, size = text.rpartition("=")
            margin = _margin(size, text)
            if not equals:
                if not margin.relative and len(names) > 1:
                    raise UsageError(
                        f"--margin {text}: seconds, dollars or tokens? Name what it is of"
                        f" (latency={text}), or give a share of everything ({text}%)"
                    )
                others = margin
            elif name not in names:
                raise UsageError(f"--margin {text}: there is no {name!r}; use {', '.join(names)}")
            else:
                if name == SUCCESS.name:
                    _within_a_share(margin, name)
                named[name] = margin
        return cls(named=named, others=others)

    def of(self, quantity: Quantity, values: Sequence[float]) -> float | None:
        """The margin in the quantity's unit, ``values`` being those of both models; None: none.

        Raises:
            UsageError: the quantity is a share, and the margin is more than all of it.
        """
        margin = self.named.get(quantity.name, self.others)
        if margin is None or not values:
            return None
        if quantity.unit is Unit.SHARE:
            _within_a_share(margin, quantity.name)
        if not margin.relative or quantity.unit is Unit.SHARE:
            return margin.size
        return margin.size * abs(fmean(values)) or None


def _within_a_share(margin: Margin, name: str) -> None:
    """Of passes and fails any two models differ by less than a margin of 1: nothing is told."""
    if margin.size >= 1:
        raise UsageError(
            f"--margin {margin.size:g}: {name} is a share, from 0 to 1: 0.05 or 5% are five points"
        )


def _margin(size: str, text: str) -> Margin:
    relative = size.endswith("%")
    try:
        value = float(size.removesuffix("%"))
    except ValueError:
        value = -1.0
    if not (value > 0 and isfinite(value)):
        raise UsageError(f"--margin {text!r} is no size: write 5%, latency=10% or cost=0.001")
    return Margin(size=value / 100 if relative else value, relative=relative)
