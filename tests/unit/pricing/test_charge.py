from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from modelforge.pricing.rates import NoRates, Rates, RateTier

from modelforge.core.usage import Usage
from modelforge.pricing.charge import charge

GPT_4O = Rates(input=Decimal("2.5"), output=Decimal(10), cache_read=Decimal("1.25"))


def test_cached_tokens_are_part_of_the_prompt_and_billed_once() -> None:
    usage = Usage(prompt_tokens=10_000, completion_tokens=1_000, cached_tokens=8_000)
    bill = charge(usage, GPT_4O)
    assert bill.status == "priced"
    assert bill.cost is not None
    assert bill.cost.usd == Decimal("0.025")
    assert [line.component for line in bill.lines] == ["input", "cache_read", "output"]


def test_reasoning_costs_what_output_costs_unless_priced_apart() -> None:
    usage = Usage(prompt_tokens=0, completion_tokens=100, reasoning_tokens=60)
    plain = charge(usage, Rates(input=Decimal(1), output=Decimal(10))).cost
    apart = charge(usage, Rates(input=Decimal(1), output=Decimal(10), reasoning=Decimal(20))).cost
    assert plain is not None
    assert apart is not None
    assert plain.usd == Decimal("0.001")
    assert apart.usd == Decimal("0.0016")


def test_what_is_written_to_a_cache_has_its_own_rate() -> None:
    usage = Usage(
        prompt_tokens=1000, completion_tokens=0, cached_tokens=300, cache_write_tokens=600
    )
    rates = Rates(input=Decimal(4), output=Decimal(1), cache_read=Decimal(1))
    for written, usd in ((Decimal(5), "0.0037"), (None, "0.0031")):
        bill = charge(usage, replace(rates, cache_write=written))
        assert bill.cost is not None
        assert bill.cost.usd == Decimal(usd)
    assert sum(line.tokens for line in charge(usage, rates).lines) == 1000
    assert charge(replace(usage, cached_tokens=401), rates).cost is None


def test_a_longer_prompt_costs_what_its_tier_says() -> None:
    dear = Rates(input=Decimal(5), output=Decimal(20))
    tiers = (
        RateTier(above_tokens=100, prices=dear),
        RateTier(above_tokens=200, prices=NoRates(reason="not listed above 200")),
    )
    rates = Rates(input=Decimal(1), output=Decimal(2), tiers=tiers, note="listed as free")
    costs = {
        tokens: charge(Usage(prompt_tokens=tokens, completion_tokens=10), rates)
        for tokens in (100, 101, 201)
    }
    assert costs[100] == charge(
        Usage(prompt_tokens=100, completion_tokens=10), replace(rates, tiers=())
    )
    assert costs[100].note == "listed as free"
    assert costs[101] == charge(Usage(prompt_tokens=101, completion_tokens=10), dear)
    assert (costs[201].cost, costs[201].note) == (None, "not listed above 200")


def test_an_unknown_price_is_unpriced_with_its_reason_and_never_zero() -> None:
    bill = charge(Usage(prompt_tokens=1, completion_tokens=1), NoRates(reason="nobody knows"))
    assert (bill.status, bill.cost, bill.note) == ("unpriced", None, "nobody knows")


def test_unknown_usage_is_unpriced() -> None:
    for usage in (Usage(), Usage(prompt_tokens=3), Usage(completion_tokens=3)):
        assert charge(usage, GPT_4O).cost is None


def test_counts_that_contradict_each_other_are_not_priced() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=1, cached_tokens=11)
    assert charge(usage, GPT_4O).status == "unpriced"


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_the_lines_add_up_to_the_cost_and_to_the_tokens(
    fresh: int, cached: int, said: int, thought: int
) -> None:
    usage = Usage(
        prompt_tokens=fresh + cached,
        completion_tokens=said + thought,
        cached_tokens=cached,
        reasoning_tokens=thought,
    )
    bill = charge(usage, GPT_4O)
    assert bill.cost is not None
    assert sum(line.tokens for line in bill.lines) == usage.total_tokens
    assert sum((line.cost.usd for line in bill.lines), Decimal(0)) == bill.cost.usd
