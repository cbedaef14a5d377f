"""By which terms how many of a scenario's requests are billed, for many models at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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
        lacks = np.zeros((len(self.models), missing.shape[1]), dtype=bool)
        np.logical_or.at(lacks, self.model, missing[self.row])
        codes = lacks @ (1 << np.arange(missing.shape[1]))
        found: dict[int, Verdict] = dict.fromkeys(self.free, FREE)
        for place in np.flatnonzero(codes).tolist():
            free = place in self.free
            found[place] = _lacking(int(codes[place]), free=free, any_usd=bool(usd[place]))
        return found | dict(self.refused)


@cache
def _lacking(code: int, *, free: bool, any_usd: bool) -> Verdict:
    """Of a bill some of whose components have no rate: those whose bits ``code`` holds."""
    names = [name for place, name in enumerate(BILL_COMPONENTS) if code >> place & 1]
    reasons = (f"no rate is known for {', '.join(names)}",)
    if free:
        return Verdict(status="partial", kind="free", reasons=reasons)
    if not any_usd:
        return Verdict(status="unpriced", kind="unknown", reasons=reasons)
    return Verdict(status="partial", kind="metered", reasons=reasons)
