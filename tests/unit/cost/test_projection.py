"""Bills and their intervals."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.token_counts import TokenCounts
from modelforge.cost.model_terms import ModelTerms, TermShare
from modelforge.cost.projection import project
from modelforge.cost.rate_matrix import RateMatrix
from modelforge.cost.request_sample import RequestSample
from modelforge.cost.scenario import CostScenario
from modelforge.cost.traffic import Traffic
from modelforge.pricing.billed_usage import BilledUsage
from modelforge.pricing.charge import charge
from modelforge.pricing.tariff import Rates, Tariff
from tests.unit.cost.prices import CLIFF, FREE, NONE, PLAIN, model_id, terms

CHAT = CostScenario("chat", 1000, 800, 200)


def test_a_fixed_bill_is_that_of_the_exact_engine() -> None:
    bill = project(CHAT, [terms("plain", PLAIN)]).bill(0)
    one = charge(BilledUsage(input_total=800, output_total=200), PLAIN).cost
    assert one is not None
    assert bill.usd == pytest.approx(float(one.usd) * 30_000, abs=1e-9)
    assert bill.interval is not None
    assert (bill.interval.low, bill.interval.high) == (bill.usd, bill.usd)
    assert bill.by_component == pytest.approx({"input": 60.0, "output": 60.0})
    assert bill.usd_per_request == pytest.approx(0.004)


@given(
    pairs=st.lists(
        st.tuples(st.integers(1, 400_000), st.integers(0, 5000)), min_size=1, max_size=30
    )
)
def test_requests_are_priced_one_by_one_whatever_their_sum(pairs: list[tuple[int, int]]) -> None:
    sample = RequestSample.of(pairs)
    scenario = CostScenario("log", len(pairs), 1, 1, 1, requests=sample)
    found = project(scenario, [terms("cliff", CLIFF)]).bill(0)
    exact = sum(
        (
            cost.usd
            for prompt, completion in pairs
            if (
                cost := charge(BilledUsage(input_total=prompt, output_total=completion), CLIFF).cost
            )
        ),
        Decimal(0),
    )
    assert found.usd == pytest.approx(float(exact), rel=1e-12, abs=1e-12)
    assert found.above == pytest.approx(sum(p > 200_000 for p, _ in pairs) / len(pairs))


def test_the_mean_of_short_and_long_requests_would_miss_the_cliff() -> None:
    sample = RequestSample.of([(1000, 0)] * 9 + [(300_000, 0)])
    scenario = CostScenario("mixed", 10, 1, 1, 1, requests=sample)
    bill = project(scenario, [terms("cliff", CLIFF)]).bill(0)
    of_the_mean = charge(BilledUsage(input_total=309_000, output_total=0), CLIFF, requests=10).cost
    assert of_the_mean is not None
    assert bill.usd == pytest.approx((9000 * 1.25 + 300_000 * 2.5) / 1e6)
    assert bill.usd is not None
    assert bill.usd > 1.9 * float(of_the_mean.usd)
    assert bill.above == pytest.approx(0.1)


def test_it_agrees_with_the_table_of_prices() -> None:
    scenario = CostScenario("a", 7, 250_000, 300, 1, cache_hit_rate=0.4)
    bills = project(scenario, [terms("p", PLAIN), terms("c", CLIFF)])
    usage = BilledUsage(input_total=7 * 250_000, output_total=2100, cache_read=7 * 100_000)
    rates = RateMatrix.of([PLAIN, CLIFF])
    table = rates.table(rates.features([(usage, 7)]))
    assert bills.usd == pytest.approx(table.usd[:, 0], abs=1e-9)


def test_the_kinds_of_no_price_are_told_apart() -> None:
    lacking = Tariff(rates=Rates(input=Decimal(1)))
    cached = Tariff(rates=Rates(input=Decimal(1), output=Decimal(1)))
    scenario = CostScenario("a", 1, 100, 10, 1, cache_hit_rate=0.5)
    bills = list(
        project(
            scenario,
            [
                terms("none", NONE),
                terms("free", FREE),
                terms("lacking", lacking),
                terms("cached", cached),
            ],
        ).bills()
    )
    assert [bill.status for bill in bills] == ["unpriced", "partial", "partial", "partial"]
    assert [bill.usd is None for bill in bills] == [True, False, False, False]
    assert bills[0].reasons == ("nobody lists one",)
    assert bills[2].reasons == ("no rate is known for cache_read, output",)
    assert bills[3].usd == pytest.approx((50 + 10) / 1e6)


def test_a_partial_bill_of_nothing_is_no_bill() -> None:
    lacking = Tariff(rates=Rates(output=Decimal(1)))
    scenario = CostScenario("a", 1, 100, 0, 1)
    bill = project(scenario, [terms("lacking", lacking)]).bill(0)
    assert (bill.status, bill.usd, bill.kind) == ("unpriced", None, "unknown")


def test_months_add_up_and_grow() -> None:
    scenario = CostScenario("a", 10, 100, 10, 75, growth_per_month=0.2)
    bill = project(scenario, [terms("plain", PLAIN)]).bill(0)
    assert bill.usd == pytest.approx(sum(bill.by_month))
    assert bill.by_month[1] == pytest.approx(bill.by_month[0] * 1.2)
    assert bill.usd == pytest.approx(sum(bill.by_component.values()))


def test_shares_are_billed_by_their_own_terms() -> None:
    half = Tariff(rates=Rates(input=Decimal("1.25"), output=Decimal(5)))
    mixed = ModelTerms(
        id=model_id("mixed"),
        shares=(TermShare(terms=PLAIN, share=0.75), TermShare(terms=half, share=0.25)),
    )
    whole, part = project(CHAT, [terms("plain", PLAIN), mixed]).usd
    assert part == pytest.approx(whole * 0.875)


def test_terms_of_a_month_bill_that_month_alone() -> None:
    scenario = CostScenario("a", 10, 100, 10, 60)
    half = Tariff(rates=Rates(input=Decimal("1.25"), output=Decimal(5)))
    model = ModelTerms(
        id=model_id("changing"),
        shares=(TermShare(terms=PLAIN, month=0), TermShare(terms=half, month=1)),
    )
    bill = project(scenario, [model]).bill(0)
    assert bill.by_month[1] == pytest.approx(bill.by_month[0] / 2)


def test_a_law_is_billed_at_its_mean() -> None:
    scenario = CostScenario(
        "a",
        100,
        1,
        1,
        30,
        prompt_tokens=TokenCounts.parse("lognormal(2000,3000)"),
        completion_tokens=TokenCounts.parse("normal(300,50)"),
    )
    bill = project(scenario, [terms("plain", PLAIN)]).bill(0)
    assert bill.usd == pytest.approx(3000 * (2000 * 2.5 + 300 * 10) / 1e6, rel=1e-3)


@pytest.mark.parametrize("requests", [20, 400, 20_000])
def test_an_interval_covers_what_really_happens(requests: int) -> None:
    """Bills of fresh requests lie within the interval about as often as it says."""
    law = TokenCounts.parse("lognormal(1500,2500)")
    scenario = CostScenario(
        "a", requests, 1, 1, 1, prompt_tokens=law, completion_tokens=TokenCounts.parse("100")
    )
    bill = project(scenario, [terms("plain", PLAIN)]).bill(0)
    assert bill.interval is not None
    rng = np.random.default_rng(5)
    sigma = np.sqrt(np.log1p((2500 / 1500) ** 2))
    mu = np.log(1500) - sigma**2 / 2
    inside = 0
    for _ in range(300):
        prompts = np.rint(rng.lognormal(mu, sigma, requests))
        real = (prompts.sum() * 2.5 + 100 * requests * 10) / 1e6
        inside += real in bill.interval
    assert 0.88 <= inside / 300 <= 0.99


def test_a_small_log_leaves_more_doubt_than_a_large_one() -> None:
    rng = np.random.default_rng(1)
    pairs = [(int(p), 100) for p in rng.lognormal(7, 1, 5000)]
    widths = []
    for count in (50, 5000):
        scenario = CostScenario("a", 10_000, 1, 1, 30, requests=RequestSample.of(pairs[:count]))
        interval = project(scenario, [terms("plain", PLAIN)]).bill(0).interval
        assert interval is not None
        widths.append(interval.width / interval.high)
    assert widths[0] > 5 * widths[1]


def test_prompt_and_answer_of_a_request_stay_together() -> None:
    """Where long prompts have short answers, their costs balance and the interval is narrow."""
    together = [(4000 * k, 4000 - 1000 * k) for k in (1, 2, 3)] * 50
    shuffled = [(p, together[(place + 1) % 150][1]) for place, (p, _) in enumerate(together)]
    widths = []
    price = Tariff(rates=Rates(input=Decimal("2.5"), output=Decimal(10)))
    for pairs in (together, shuffled):
        scenario = CostScenario("a", 100, 1, 1, 1, requests=RequestSample.of(pairs))
        interval = project(scenario, [terms("x", price)]).bill(0).interval
        assert interval is not None
        widths.append(interval.width)
    assert widths[0] == pytest.approx(0, abs=1e-9)
    assert widths[1] > 0.01


def test_large_and_small_logs_are_drawn_alike() -> None:
    rng = np.random.default_rng(2)
    pairs = [(int(p), 100) for p in rng.lognormal(7, 0.5, 9000)]
    ends = []
    for count in (7000, 9000):  # the one is counted, the other gathered
        scenario = CostScenario("a", 5000, 1, 1, 1, requests=RequestSample.of(pairs[:count]))
        interval = project(scenario, [terms("plain", PLAIN)]).bill(0).interval
        assert interval is not None
        ends.append(interval.width)
    assert ends[0] == pytest.approx(ends[1], rel=0.15)


def test_the_same_seed_gives_the_same_bill() -> None:
    scenario = CostScenario(
        "a",
        100,
        1,
        1,
        prompt_tokens=TokenCounts.parse("normal(500,200)"),
        completion_tokens=TokenCounts.parse("normal(100,40)"),
    )
    one, two, other = (
        project(scenario, [terms("plain", PLAIN)], seed=seed).bill(0) for seed in (1, 1, 2)
    )
    assert one.interval == two.interval
    assert one.interval != other.interval


def test_scaled_traffic_crosses_thresholds() -> None:
    scenario = CostScenario("a", 1, 190_000, 10, 1)
    traffic = Traffic.of(scenario, seed=0)
    models = [terms("cliff", CLIFF)]
    now = project(scenario, models, traffic=traffic).usd[0]
    then = project(scenario, models, traffic=traffic.scaled(prompt=1.1)).usd[0]
    assert then > 2 * now
