"""By which terms how many of a scenario's requests are billed, for many models at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from modelforge.cost.model_terms import ModelTerms
from modelforge.cost.rate_matrix import RateMatrix, RateRows
from modelforge.pricing.charge import Status
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.tariff import NoTariff

Kind = Literal["metered", "free", "subscription", "unknown"]
Matrix = NDArray[np.float64]

BILL_COMPONENTS: Final = (*COMPONENTS, "request")
"""The components of a bill; ``request`` are fees."""

EVERY_MONTH: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Whether a bill is all of it, and if not, what is missing."""

    status: Status
    kind: Kind
    reasons: tuple[str, ...] = ()


PRICED: Final = Verdict(status="priced", kind="metered")
FREE: Final = Verdict(status="priced", kind="free")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BillLines:
    """The lines of many bills; a line is a share of a model's requests, in all months or in one.

    Whatever the requests are, the same lines bill them: they are made once for many scenarios.

    Attributes:
        models: whose bills they are, in order; ``rates`` of all their terms.
        model, row: of each line, the place in ``models`` and the row in ``rates``.
        share, month: of the requests of that month; `EVERY_MONTH`: of all.
        refused: why a model has no price at all, by place.
        free: the places of models that are listed at zero.
    """

    models: tuple[ModelTerms, ...]
    rates: RateMatrix
    model: NDArray[np.intp]
    row: NDArray[np.intp]
    share: Matrix
    month: NDArray[np.intp]
    refused: Mapping[int, Verdict]
    free: frozenset[int]

    @classmethod
    def of(cls, models: Sequence[ModelTerms], known: RateRows | None = None) -> BillLines:
        """Of the terms of ``models``; ``known`` are rates that were made numbers before."""
        rates = RateMatrix.of([share.terms for model in models for share in model.shares], known)
        place, row, share, month = [], [], [], []
        refused: dict[int, Verdict] = {}
        free = set()
        for at, model in enumerate(models):
            listed_at_zero = True
            for one in model.shares:
                place.append(at)
                row.append(rates.rows[id(one.terms)])
                share.append(one.share)
                month.append(EVERY_MONTH if one.month is None else one.month)
                listed_at_zero = listed_at_zero and one.terms.kind == "free"
                if isinstance(one.terms, NoTariff):
                    refused.setdefault(
                        at,
                        Verdict(
                            status="unpriced", kind=one.terms.kind, reasons=(one.terms.reason,)
                        ),
                    )
            if listed_at_zero:
                free.add(at)
        return cls(
            models=tuple(models),
            rates=rates,
            model=np.array(place, dtype=np.intp),
            row=np.array(row, dtype=np.intp),
            share=np.array(share, dtype=np.float64),
            month=np.array(month, dtype=np.intp),
            refused=refused,
            free=frozenset(free),
        )

    def requests(self, months: Matrix) -> Matrix:
        """How many requests each line bills, of ``months`` with so many each."""
        whole = np.append(months, months.sum())  # the last is every month: -1
        amounts: Matrix = whole[self.month] * self.share
        return amounts

    def sums(self, unit: Matrix, requests: Matrix) -> Matrix:
        """For each model, ``unit`` of its rows times the ``requests`` of its lines."""
        amounts = unit[self.row] * requests
        found = np.bincount(self.model, weights=amounts, minlength=len(self.models))
        return found.astype(np.float64)  # of no line at all it counts in integers

    def by_month(self, unit: Matrix, months: Matrix) -> Matrix:
        """The same, (models, months)."""
        columns = []
        for month, requests in enumerate(months):
            here = (self.month == EVERY_MONTH) | (self.month == month)
            columns.append(self.sums(unit, np.where(here, requests * self.share, 0.0)))
        return np.column_stack(columns)

    def verdicts(self, missing: NDArray[np.bool_], usd: Matrix) -> dict[int, Verdict]:
        """Of every model whose bill is no full price by the token, by its place.

        Args:
            missing: (rows, `BILL_COMPONENTS`): what is used and has no rate.
            usd: each model's dollars.
        """
        found: dict[int, Verdict] = dict.fromkeys(self.free, FREE)
        lacking: NDArray[np.bool_] = np.logical_or.reduce(missing, axis=1)
        for line in np.flatnonzero(lacking[self.row]):
            place = int(self.model[line])
            if place not in self.refused:
                found[place] = self._partial(place, missing, float(usd[place]))
        return found | dict(self.refused)

    def _partial(self, place: int, missing: NDArray[np.bool_], usd: float) -> Verdict:
        rows = [self.rates.rows[id(share.terms)] for share in self.models[place].shares]
        lacks: NDArray[np.bool_] = np.logical_or.reduce(missing[rows], axis=0)
        names = [name for name, lack in zip(BILL_COMPONENTS, lacks, strict=True) if lack]
        reasons = (f"no rate is known for {', '.join(names)}",)
        if place in self.free:
            return Verdict(status="partial", kind="free", reasons=reasons)
        if not usd:
            return Verdict(status="unpriced", kind="unknown", reasons=reasons)
        return Verdict(status="partial", kind="metered", reasons=reasons)
