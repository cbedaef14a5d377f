"""The arrays say what Decimal says, to 1e-9 dollars."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelforge.cost.rate_matrix import STATUSES, PriceTable, RateMatrix
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import charge
from modelforge.pricing.component import COMPONENTS, Component
from modelforge.pricing.tariff import NoTariff, Rates, RateTier, Tariff, Terms

prices = st.decimals(0, 200, places=6)
tokens = st.integers(0, 10**7)


@st.composite
def rates(draw: st.DrawFn) -> Rates:
    known: dict[Component, Decimal] = {}
    for name in COMPONENTS:
        price = draw(st.none() | prices)
        if price is not None:
            known[name] = price
    return Rates().replaced(known)


@st.composite
def terms(draw: st.DrawFn) -> Terms:
    if draw(st.integers(0, 9)) == 0:
        return NoTariff(reason="unknown")
    above = sorted(draw(st.sets(st.integers(0, 10**6), max_size=2)))
    tiers = tuple(RateTier(above_tokens=size, rates=draw(rates())) for size in above)
    fee = draw(st.sampled_from([Decimal(0), Decimal("0.005")]))
    return Tariff(rates=draw(rates()), tiers=tiers, request_fee=fee)


@st.composite
def usages(draw: st.DrawFn) -> tuple[BilledUsage, int]:
    parts = [draw(st.just(0) | tokens) for _ in COMPONENTS]
    named = dict(zip(COMPONENTS, parts, strict=True))
    apart = {name: count for name, count in named.items() if name not in {"input", "output"}}
    usage = BilledUsage(input_total=sum(parts[:5]), output_total=sum(parts[5:]), **apart)
    return usage, draw(st.integers(1, 50))


@settings(deadline=None)
@given(st.lists(terms(), min_size=1, max_size=6), st.lists(usages(), min_size=1, max_size=6))
def test_it_equals_the_decimal_engine(
    offered: list[Terms], asked: list[tuple[BilledUsage, int]]
) -> None:
    rates = RateMatrix.of(offered)
    table = rates.table(rates.features(asked))
    for one in offered:
        row = rates.rows[id(one)]
        for column, (usage, requests) in enumerate(asked):
            exact = charge(usage, one, requests=requests)
            assert STATUSES[table.status[row, column]] == exact.status
            usd = table.usd[row, column]
            if exact.cost is None:
                assert np.isnan(usd)
            else:
                assert abs(Decimal(float(usd)) - exact.cost.usd) <= Decimal("1e-9")


def priced(offered: list[Terms], asked: list[tuple[BilledUsage, int]]) -> PriceTable:
    rates = RateMatrix.of(offered)
    return rates.table(rates.features(asked))


def test_a_request_that_meets_its_threshold_exactly() -> None:
    dear = RateTier(above_tokens=100, rates=Rates(input=Decimal(10)))
    tariff = Tariff(rates=Rates(input=Decimal(1)), tiers=(dear,))
    at = [(BilledUsage(input_total=total, output_total=0), 3) for total in (300, 301)]
    assert priced([tariff], at).usd[0] == pytest.approx([0.0003, 0.00301])


def test_nothing_to_price() -> None:
    assert priced([], []).usd.shape == (0, 0)
    assert priced([NoTariff(reason="x")], []).usd.shape == (1, 0)
