"""Terms as numbers in rows, to price many models at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from modelforge.cost.price_table import rate_row
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.tariff import NoTariff, Rates, Tariff, Terms

Matrix = NDArray[np.float64]

_WIDTH: Final = len(COMPONENTS) + 1  # the last is the fee of a request
_PER_TOKEN: Final = 1e-6  # rates are per million


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Units:
    """What a mean request costs by the terms of each row; NaN where the terms are none.

    Attributes:
        usd, components: US dollars, and their parts.
        missing: components that are used and have no rate.
        above: the share of the requests that a tier reprices.
    """

    usd: Matrix
    components: Matrix
    missing: NDArray[np.bool_]
    above: Matrix


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RateMatrix:
    """A row for each different terms.

    Attributes:
        rows: the row of terms, by their identity.
        thresholds: of all tiers of all terms, ascending: between two of them nobody's rates change.
        rates: (rows, spans, components + 1), US dollars per token and per request; NaN: not known.
        repriced: (rows, spans): whether a tier applies there.
        metered: whether the row's terms are a tariff.
    """

    terms: tuple[Terms, ...]
    rows: Mapping[int, int]
    thresholds: tuple[int, ...]
    rates: Matrix
    repriced: NDArray[np.bool_]
    metered: NDArray[np.bool_]

    @classmethod
    def of(cls, terms: Sequence[Terms], known: RateRows | None = None) -> RateMatrix:
        """Of ``terms``, which may stand there more than once."""
        numbers = (RateRows() if known is None else known).of
        different = {id(one): one for one in terms}
        rows = {identity: row for row, identity in enumerate(different)}
        found = tuple(different.values())
        thresholds = sorted(
            {tier.above_tokens for one in found if isinstance(one, Tariff) for tier in one.tiers}
        )
        rates = np.full((len(found), len(thresholds) + 1, _WIDTH), np.nan)
        repriced = np.zeros((len(found), len(thresholds) + 1), dtype=bool)
        for row, one in enumerate(found):
            if isinstance(one, NoTariff):
                continue
            rates[row, :, :-1] = numbers(one.rates)
            rates[row, :, -1] = float(one.request_fee)
            for tier in one.tiers:
                span = thresholds.index(tier.above_tokens) + 1
                rates[row, span:, :-1] = numbers(tier.rates)
                repriced[row, span:] = True
        return cls(
            terms=found,
            rows=rows,
            thresholds=tuple(thresholds),
            rates=rates,
            repriced=repriced,
            metered=np.array([isinstance(one, Tariff) for one in found], dtype=bool),
        )

    def units(self, features: Matrix) -> Units:
        """The price of a mean request; ``features`` as `Traffic.mean_features` gives them."""
        used = features > 0
        unknown = np.isnan(self.rates)
        components = np.einsum("rsc,sc->rc", np.where(unknown, 0.0, self.rates), features)
        usd = components.sum(axis=1)
        usd[~self.metered] = np.nan
        missing: NDArray[np.bool_] = np.logical_or.reduce(unknown & used, axis=1)
        return Units(
            usd=usd,
            components=components,
            missing=missing,
            above=np.where(self.repriced, features[:, -1], 0.0).sum(axis=1),
        )

    def flat(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Matrix:
        """(rows, columns): the rates of ``rows``, spans and components in one; 0 is not known."""
        width = self.rates.shape[1] * self.rates.shape[2]
        return np.nan_to_num(self.rates.reshape(self.rates.shape[0], width)[rows[:, None], columns])


def used_columns(features: Matrix) -> NDArray[np.intp]:
    """The columns of flattened ``features`` in which anything stands."""
    return np.flatnonzero(features.reshape(features.shape[0], -1).any(axis=0))


class RateRows:
    """Rates as numbers, each made once; they must live as long as this."""

    def __init__(self) -> None:
        self._known: dict[int, Matrix] = {}

    def of(self, rates: Rates) -> Matrix:
        """US dollars per token by component; NaN where one is not known."""
        found = self._known.get(id(rates))
        if found is None:
            found = self._known[id(rates)] = np.array(rate_row(rates)) * _PER_TOKEN
        return found
