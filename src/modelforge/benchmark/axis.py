"""What a search turns up: the rate of an open loop, or the concurrency of a closed one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from modelforge.benchmark.arrivals import arrivals_at
from modelforge.benchmark.gaps import GapKind, Gaps
from modelforge.benchmark.load import ClosedLoop, Load, OpenLoop

Quantity = Literal["rate", "concurrency"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    """The loads that differ in one number.

    Attributes:
        quantity: what the number is; rates are requests a second.
        make: the load of a number.
    """

    quantity: Quantity
    make: Callable[[float], Load]

    def nearest(self, value: float) -> float:
        """The number nearest to ``value`` for which there is a load."""
        return max(1.0, float(round(value))) if self.quantity == "concurrency" else value

    @property
    def unit(self) -> str:
        """What stands after the number."""
        return "requests/s" if self.quantity == "rate" else "concurrent"


def rates(arrival: GapKind = "poisson", *, burstiness: float = 1.0) -> Axis:
    """Open loops of arrivals of that kind.

    Raises:
        UsageError: there is no such kind, or it has no burstiness.
    """
    Gaps(kind=arrival, burstiness=burstiness)  # refused here, and not at the first load
    return Axis(quantity="rate", make=partial(_open, arrival, burstiness))


def concurrencies(*, think_s: float = 0.0) -> Axis:
    """Closed loops."""
    return Axis(quantity="concurrency", make=partial(_closed, think_s))


def _open(arrival: GapKind, burstiness: float, rate: float) -> Load:
    return OpenLoop(arrivals=arrivals_at(rate, arrival, burstiness=burstiness))


def _closed(think_s: float, concurrency: float) -> Load:
    return ClosedLoop(concurrency=round(concurrency), think_s=think_s)
