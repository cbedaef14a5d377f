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
    def of(cls, terms: Sequence[Terms]) -> RateMatrix:
        """Of ``terms``, which may stand there more than once."""
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
            rates[row, :, :-1] = _numbers(one.rates)
            rates[row, :, -1] = float(one.request_fee)
            for tier in one.tiers:
                span = thresholds.index(tier.above_tokens) + 1
                rates[row, span:, :-1] = _numbers(tier.rates)
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

    def drawn(self, features: Matrix, rows: NDArray[np.intp]) -> Matrix:
        """(rows, resamples): the price of a mean request of each of `Traffic.drawn_features`."""
        used = _used(features)
        amounts: Matrix = (
            np.nan_to_num(self._at(rows, used)) @ features.reshape(features.shape[0], -1)[:, used].T
        )
        return amounts

    def different(
        self, rows: NDArray[np.intp], features: Matrix
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Of ``rows``, one for each price of what ``features`` use; and which of them is whose."""
        _, first, places = np.unique(
            self._at(rows, _used(features)), axis=0, return_index=True, return_inverse=True
        )
        return rows[first], places.ravel()

    def _at(self, rows: NDArray[np.intp], used: NDArray[np.intp]) -> Matrix:
        width = self.rates.shape[1] * self.rates.shape[2]
        return self.rates[rows].reshape(rows.size, width)[:, used]


def _used(features: Matrix) -> NDArray[np.intp]:
    """The columns of flattened ``features`` in which anything stands."""
    return np.flatnonzero(features.reshape(features.shape[0], -1).any(axis=0))


def _numbers(rates: Rates) -> Matrix:
    """US dollars per token."""
    return np.array(rate_row(rates)) * _PER_TOKEN
