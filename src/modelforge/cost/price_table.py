"""Many tariffs times many usages in arrays: `pricing.charge`, a million times over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.tariff import Rates, Tariff, Terms

Floats = NDArray[np.float64]

UNPRICED: Final = 0
PARTIAL: Final = 1
PRICED: Final = 2
"""What `PriceTable.status` holds; the words of `pricing.charge.Status` in the order of worth."""

_PER_TOKEN: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageTable:
    """Usages as columns.

    Attributes:
        tokens: float64, usages x components in the order of ``COMPONENTS``.
        requests: float64, how many requests each is the total of.
    """

    tokens: Floats
    requests: Floats

    @classmethod
    def of(cls, usages: Iterable[tuple[BilledUsage, int]]) -> UsageTable:
        """A table of usages, each the total of a number of requests."""
        rows = list(usages)
        tokens = [[float(usage.part(name)) for name in COMPONENTS] for usage, _ in rows]
        return cls(
            tokens=np.array(tokens, dtype=np.float64).reshape(len(rows), len(COMPONENTS)),
            requests=np.array([float(requests) for _, requests in rows]),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class PriceTable:
    """What every usage costs at every tariff.

    Attributes:
        usd: float64, tariffs x usages: the price; of a partial one what is known of it; NaN where
            there is none. Equal to `pricing.charge` to 1e-9 dollars up to a bill of a million
            dollars, and to fifteen digits above.
        status: int8, tariffs x usages: ``UNPRICED``, ``PARTIAL`` or ``PRICED``.
    """

    usd: Floats
    status: NDArray[np.int8]

    @property
    def full_usd(self) -> Floats:
        """The prices of which everything is known, NaN elsewhere: what may be compared."""
        return np.where(self.status == PRICED, self.usd, np.nan)


def price_table(terms: Sequence[Terms], usages: UsageTable) -> PriceTable:
    """Price every usage at each of ``terms``.

    A request's mean input decides its tier, as in `pricing.charge.charge`.
    """
    tariffs = [(place, one) for place, one in enumerate(terms) if isinstance(one, Tariff)]
    shape = (len(terms), len(usages.requests))
    usd = np.full(shape, np.nan)
    status = np.full(shape, UNPRICED, dtype=np.int8)
    if not tariffs or not shape[1]:
        return PriceTable(usd=usd, status=status)
    places = np.array([place for place, _ in tariffs])
    sums, states = _level([one.rates for _, one in tariffs], [one for _, one in tariffs], usages)
    usd[places], status[places] = sums, states
    for level in range(max(len(one.tiers) for _, one in tariffs)):
        tiered = [(place, one) for place, one in tariffs if len(one.tiers) > level]
        at = np.array([place for place, _ in tiered])
        sums, states = _level(
            [one.tiers[level].rates for _, one in tiered], [one for _, one in tiered], usages
        )
        above = np.array([float(one.tiers[level].above_tokens) for _, one in tiered])
        inputs = usages.tokens[:, : COMPONENTS.index("output")].sum(axis=1)
        reached = inputs[None, :] > above[:, None] * usages.requests[None, :]
        usd[at] = np.where(reached, sums, usd[at])
        status[at] = np.where(reached, states, status[at])
    return PriceTable(usd=usd, status=status)


def _level(
    rates: list[Rates], tariffs: list[Tariff], usages: UsageTable
) -> tuple[Floats, NDArray[np.int8]]:
    """Every usage at one set of rates a tariff: dollars and status."""
    asked = np.array([rate_row(one) for one in rates])
    unknown = np.isnan(asked)
    used = (usages.tokens > 0).astype(np.float32)
    missing = (unknown.astype(np.float32) @ used.T) > 0
    fees = np.array([float(one.request_fee) for one in tariffs])
    known = ((~unknown).astype(np.float32) @ used.T) > 0
    known |= (fees > 0)[:, None]
    usd = np.where(unknown, 0.0, asked) @ usages.tokens.T
    usd *= _PER_TOKEN
    usd += fees[:, None] * usages.requests[None, :]
    status = np.where(missing, np.where(known, PARTIAL, UNPRICED), PRICED).astype(np.int8)
    usd[status == UNPRICED] = np.nan
    return usd, status


def rate_row(rates: Rates) -> list[float]:
    """The rates in the order of ``COMPONENTS``, NaN where one is not known."""
    values = [rates.of(name) for name in COMPONENTS]
    reasoning = COMPONENTS.index("reasoning")
    if values[reasoning] is None:
        values[reasoning] = rates.output
    return [np.nan if value is None else float(value) for value in values]
