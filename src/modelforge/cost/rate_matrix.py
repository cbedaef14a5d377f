"""Terms as numbers in rows, to price many models at once: `pricing.charge`, a million times over.

What is priced are features, (spans, components + 1): the tokens that fall into each span between
two thresholds, by `COMPONENTS`, and the requests there. A bill is rates times features.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import Status
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.tariff import NoTariff, Rates, Tariff, Terms

Matrix = NDArray[np.float64]

STATUSES: Final[tuple[Status, ...]] = ("unpriced", "partial", "priced")
"""What the numbers of `PriceTable.status` say."""

_WIDTH: Final = len(COMPONENTS) + 1  # the last is the fee of a request
_REASONING: Final = COMPONENTS.index("reasoning")
_INPUT: Final = slice(0, COMPONENTS.index("output"))
_PER_TOKEN: Final = 1e-6  # rates are per million
_UNKNOWN: Final = [math.nan] * len(COMPONENTS)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PriceTable:
    """What every usage costs by the terms of each row.

    Attributes:
        usd: (rows, usages), US dollars; of a partial price what is known of it; NaN: there is
            none. Equal to `pricing.charge` to 1e-9 dollars up to a bill of a million dollars, and
            to fifteen digits above.
        status: int8, (rows, usages): the place in `STATUSES`.
    """

    usd: Matrix
    status: NDArray[np.int8]


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
        spans = len(thresholds) + 1
        base = [_UNKNOWN if isinstance(one, NoTariff) else numbers(one.rates) for one in found]
        rates = np.empty((len(found), spans, _WIDTH))
        rates[:, :, :-1] = np.array(base).reshape(-1, 1, _WIDTH - 1)
        rates[:, :, -1] = np.nan
        repriced = np.zeros((len(found), spans), dtype=bool)
        for row, one in enumerate(found):
            if isinstance(one, NoTariff):
                continue
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

    def features(self, usages: Iterable[tuple[BilledUsage, int]]) -> Matrix:
        """(usages, spans, components + 1): of usages, each the total of a number of requests.

        A request's mean input decides its span, as in `pricing.charge.charge`.
        """
        pairs = list(usages)
        parts = [[float(usage.part(name)) for name in COMPONENTS] for usage, _ in pairs]
        tokens = np.array(parts, dtype=np.float64).reshape(len(pairs), len(COMPONENTS))
        requests = np.array([float(count) for _, count in pairs])
        inputs = tokens[:, _INPUT].sum(axis=1)
        return by_span(tokens, inputs=inputs, requests=requests, thresholds=self.thresholds)

    def table(self, features: Matrix) -> PriceTable:
        """The price of each of ``features``, (usages, spans, components + 1)."""
        usd = self._known_usd(features)
        lacking = self._lacking(features)
        # Nothing of it has a rate: then it is no price of zero, but none.
        unknown = np.isnan(self.rates)
        unknown[:, :, -1] |= self.rates[:, :, -1] == 0
        known = _touched(~unknown, features)
        status = np.where(lacking, np.where(known, 1, 0), 2).astype(np.int8)
        status[~self.metered] = 0
        usd[status == 0] = np.nan
        return PriceTable(usd=usd, status=status)

    def units(self, features: Matrix) -> Units:
        """The price of a mean request; ``features`` as `Traffic.mean_features` gives them."""
        apart = np.eye(_WIDTH)[:, np.newaxis, :] * features  # each component alone
        components = self._known_usd(apart)
        usd = components.sum(axis=1)
        usd[~self.metered] = np.nan
        return Units(
            usd=usd,
            components=components,
            missing=self._lacking(apart),
            above=np.where(self.repriced, features[:, -1], 0.0).sum(axis=1),
        )

    def _known_usd(self, features: Matrix) -> Matrix:
        """(rows, usages): what is known of the price of each of ``features``, or 0."""
        used = used_columns(features)
        every = np.arange(len(self.terms))
        usd: Matrix = self.flat(every, used) @ _flat(features)[:, used].T
        return usd

    def _lacking(self, features: Matrix) -> NDArray[np.bool_]:
        """(rows, usages): whether anything is used that has no rate."""
        return _touched(np.isnan(self.rates), features)

    def flat(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> Matrix:
        """(rows, columns): the rates of ``rows``, spans and components in one; 0 is not known."""
        rates: Matrix = np.nan_to_num(_flat(self.rates)[rows[:, None], columns])
        return rates


def by_span(
    tokens: Matrix, *, inputs: Matrix, requests: Matrix, thresholds: Sequence[int]
) -> Matrix:
    """(usages, spans, components + 1): each usage in the span that its mean input is in.

    Args:
        tokens: (usages, components).
        inputs, requests: of each usage, all its input tokens and how many requests it is.
        thresholds: ascending; a mean input that is one is not above it.
    """
    # Never divided: a mean that is a threshold must not be above it by a rounding.
    above = inputs[:, np.newaxis] > np.outer(requests, np.array(thresholds, dtype=np.float64))
    features = np.zeros((len(tokens), len(thresholds) + 1, _WIDTH))
    features[np.arange(len(tokens)), above.sum(axis=1)] = np.column_stack([tokens, requests])
    return features


def used_columns(features: Matrix) -> NDArray[np.intp]:
    """The columns of flattened ``features`` in which anything stands."""
    return np.flatnonzero(_flat(features).any(axis=0))


def _flat(table: NDArray[np.generic]) -> NDArray[Any]:
    """(rows, spans x components): also of no rows at all."""
    return table.reshape(table.shape[0], table.shape[1] * table.shape[2])


def _touched(marked: NDArray[np.bool_], features: Matrix) -> NDArray[np.bool_]:
    """(rows, usages): whether a usage has anything in the columns that a row has ``marked``."""
    used = used_columns(features)
    marks = _flat(marked)[:, used].astype(np.float32)
    inside = (_flat(features)[:, used] > 0).astype(np.float32)
    found: NDArray[np.bool_] = marks @ inside.T > 0
    return found


class RateRows:
    """Rates as numbers, each made once; they must live as long as this."""

    def __init__(self) -> None:
        self._known: dict[int, list[float]] = {}

    def of(self, rates: Rates) -> list[float]:
        """US dollars per token by component; NaN where one is not known."""
        found = self._known.get(id(rates))
        if found is None:
            found = self._known[id(rates)] = _rate_row(rates)
        return found


def _rate_row(rates: Rates) -> list[float]:
    values = [rates.of(name) for name in COMPONENTS]
    if values[_REASONING] is None:
        values[_REASONING] = rates.output
    return [math.nan if value is None else float(value) * _PER_TOKEN for value in values]
