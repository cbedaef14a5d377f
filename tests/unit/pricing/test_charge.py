from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import UnbillableUsage, UsageError
from modelforge.core.usage import Usage
from modelforge.pricing.billed_usage import BilledUsage, billed
from modelforge.pricing.charge import Charge, charge, charge_reported
from modelforge.pricing.component import COMPONENTS
from modelforge.pricing.tariff import NoTariff, Rates, RateTier, Tariff

GPT_4O = Tariff(rates=Rates(input=Decimal("2.5"), output=Decimal(10), cache_read=Decimal("1.25")))
EVERY = Rates(**{name: Decimal(place + 1) for place, name in enumerate(COMPONENTS)})  # type: ignore[arg-type]


def usd(bill: Charge) -> Decimal | None:
    return None if bill.cost is None else bill.cost.usd


def usage(input_total: int = 0, output_total: int = 0, **parts: int) -> BilledUsage:
    return BilledUsage(input_total=input_total, output_total=output_total, **parts)


def test_cached_tokens_are_part_of_the_prompt_and_billed_once() -> None:
    bill = charge(usage(10_000, 1_000, cache_read=8_000), GPT_4O)
    assert (bill.status, usd(bill)) == ("priced", Decimal("0.025"))
    assert [(line.component, line.quantity) for line in bill.lines] == [
        ("input", 2_000),
        ("cache_read", 8_000),
        ("output", 1_000),
    ]


def test_every_component_has_its_rate_and_no_token_two() -> None:
    parts = {
        "cache_read": 10,
        "cache_write_5m": 100,
        "cache_write_1h": 1_000,
        "input_audio": 10_000,
        "reasoning": 20,
        "output_audio": 300,
    }
    bill = charge(usage(11_111, 321, **parts), Tariff(rates=EVERY))
    assert {line.component: line.quantity for line in bill.lines} == {
        "input": 1,
        **parts,
        "output": 1,
    }
    expected = 1 * 1 + 10 * 2 + 100 * 3 + 1000 * 4 + 10_000 * 5 + 1 * 6 + 20 * 7 + 300 * 8
    assert usd(bill) == Decimal(expected) / 10**6


def test_reasoning_costs_what_output_costs_unless_priced_apart() -> None:
    thought = usage(0, 100, reasoning=60)
    plain = charge(thought, Tariff(rates=Rates(output=Decimal(10))))
    apart = charge(thought, Tariff(rates=Rates(output=Decimal(10), reasoning=Decimal(20))))
    assert (usd(plain), usd(apart)) == (Decimal("0.001"), Decimal("0.0016"))
    assert plain.lines[1].rule is not None
    assert "reasoning is output" in plain.lines[1].rule.text


@pytest.mark.parametrize(
    "part", ["cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "output_audio"]
)
def test_a_part_without_a_rate_is_missing_and_never_the_price_of_the_whole(part: str) -> None:
    rates = Rates(input=Decimal(1), output=Decimal(2))
    bill = charge(usage(100, 100, **{part: 40}), Tariff(rates=rates))
    whole = Decimal(1 * 60 + 2 * 100 if part != "output_audio" else 1 * 100 + 2 * 60)
    assert (bill.status, usd(bill), bill.full_cost) == ("partial", whole / 10**6, None)
    assert bill.reasons == (f"no rate is known for {part}",)
    assert bill.note is not None
    assert bill.note.startswith("at least $0.000")


def test_nothing_that_was_used_has_a_rate() -> None:
    bill = charge(usage(5, 0), Tariff(rates=Rates(output=Decimal(2))))
    assert (bill.status, bill.cost, bill.kind) == ("unpriced", None, "unknown")
    assert charge(usage(0, 5), Tariff(rates=Rates(output=Decimal(2)))).status == "priced"


def test_a_tier_prices_the_whole_request_and_is_not_reached_by_adding_requests_up() -> None:
    dear = Rates(input=Decimal(5), output=Decimal(20), cache_read=Decimal("0.5"))
    cheap = Rates(input=Decimal(1), output=Decimal(2), cache_read=Decimal("0.1"))
    tariff = Tariff(rates=cheap, tiers=(RateTier(above_tokens=200, rates=dear),))
    at, above = charge(usage(200, 10), tariff), charge(usage(201, 10), tariff)
    assert (usd(at), at.above_tokens) == (Decimal("0.00022"), None)
    assert (usd(above), above.above_tokens) == (Decimal("0.001205"), 200)
    # What is read from a cache counts to the threshold too.
    assert usd(charge(usage(201, 0, cache_read=200), tariff)) == Decimal("0.000105")
    many = charge(usage(2000, 100), tariff, requests=10)
    assert (usd(many), many.above_tokens) == (Decimal("0.0022"), None)
    assert charge(usage(2001, 100), tariff, requests=10).above_tokens == 200


def test_a_tier_may_lack_a_rate_that_the_others_have() -> None:
    tiers = (RateTier(above_tokens=10, rates=Rates(input=Decimal(3))),)
    tariff = replace(GPT_4O, tiers=tiers)
    bill = charge(usage(11, 1), tariff)
    assert (bill.status, usd(bill)) == ("partial", Decimal("0.000033"))
    assert bill.reasons == ("no rate is known for output above 10 input tokens",)


def test_a_fee_is_for_each_request() -> None:
    tariff = replace(GPT_4O, request_fee=Decimal("0.005"))
    assert usd(charge(usage(1000, 0), tariff)) == Decimal("0.0075")
    bill = charge(usage(1000, 0), tariff, requests=3)
    assert usd(bill) == Decimal("0.0175")
    assert (bill.lines[-1].component, bill.lines[-1].quantity) == ("request", 3)


def test_free_a_plan_and_unknown_are_three_things() -> None:
    zero = Rates(input=Decimal(0), output=Decimal(0))
    free = charge(usage(5, 5), Tariff(rates=zero, kind="free"))
    plan = charge(usage(5, 5), NoTariff(reason="a plan", kind="subscription"))
    unknown = charge(usage(5, 5), NoTariff(reason="nobody knows"))
    assert [(bill.status, usd(bill), bill.kind) for bill in (free, plan, unknown)] == [
        ("priced", 0, "free"),
        ("unpriced", None, "subscription"),
        ("unpriced", None, "unknown"),
    ]
    assert (free.note, unknown.note) == ("listed as free", "nobody knows")


@pytest.mark.parametrize(
    "counts",
    [
        {"input_total": -1},
        {"input_total": 10, "cache_read": 11},
        {"input_total": 10, "cache_read": 6, "cache_write_5m": 5},
        {"input_total": 10, "input_audio": 4, "cache_write_1h": 7},
        {"output_total": 10, "reasoning": 6, "output_audio": 5},
        {"input_total": Decimal("NaN")},
        {"input_total": Decimal("Infinity")},
    ],
)
def test_counts_that_no_request_can_have(counts: dict[str, int]) -> None:
    with pytest.raises(UnbillableUsage):
        BilledUsage(**{"input_total": 0, "output_total": 0} | counts)


def test_no_request_is_no_price() -> None:
    with pytest.raises(UsageError, match="0 requests"):
        charge(usage(1), GPT_4O, requests=0)


def test_what_a_server_reported() -> None:
    reported = Usage(
        prompt_tokens=100,
        completion_tokens=50,
        cached_tokens=10,
        cache_write_tokens=60,
        cache_write_1h_tokens=20,
        reasoning_tokens=30,
        input_audio_tokens=5,
        output_audio_tokens=7,
    )
    assert billed(reported) == usage(
        100, 50, cache_read=10, cache_write_5m=40, cache_write_1h=20, reasoning=30,
        input_audio=5, output_audio=7,
    )  # fmt: skip
    for empty in (Usage(), Usage(prompt_tokens=3), Usage(completion_tokens=3)):
        assert charge_reported(empty, GPT_4O).note == "the server reported no token usage"
    torn = charge_reported(Usage(prompt_tokens=1, completion_tokens=1, cached_tokens=2), GPT_4O)
    assert torn.note is not None
    assert torn.note.startswith("the server's token counts contradict each other: cache_read 2")
    assert charge_reported(Usage(), NoTariff(reason="why")).note == "why"


tokens = st.integers(0, 10**12)
rates = st.decimals(0, 1000, places=9)


@given(st.lists(tokens, min_size=8, max_size=8), st.lists(rates, min_size=8, max_size=8))
def test_the_lines_add_up_to_the_cost_and_to_the_tokens(
    counts: list[int], prices: list[Decimal]
) -> None:
    parts = dict(zip(COMPONENTS, counts, strict=True))
    priced = dict(zip(COMPONENTS, prices, strict=True))
    one = BilledUsage(
        input_total=sum(counts[:5]),
        output_total=sum(counts[5:]),
        **{name: count for name, count in parts.items() if name not in {"input", "output"}},
    )
    bill = charge(one, Tariff(rates=Rates().replaced(priced)))
    assert sum(line.quantity for line in bill.lines) == sum(counts)
    exact = sum(parts[name] * int(priced[name] * 10**9) for name in COMPONENTS)
    assert usd(bill) == Decimal(exact).scaleb(-15)
