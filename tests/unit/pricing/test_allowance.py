"""Money set aside before it is spent."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import AuthenticationFailed, TimedOut
from modelforge.core.generation import Generation
from modelforge.core.prompt import ImagePart, Message, Prompt
from modelforge.core.usage import Usage
from modelforge.pricing.allowance import Allowance, MostCost, Price, most_prompt_tokens
from modelforge.pricing.charge import charge_reported
from modelforge.pricing.tariff import NoTariff, Rates, RateTier, Tariff

TARIFF = Tariff(
    rates=Rates(
        input=Decimal("2.5"),
        output=Decimal(10),
        cache_read=Decimal("1.25"),
        cache_write_5m=Decimal("3.125"),
        reasoning=Decimal(12),
    ),
    tiers=(RateTier(above_tokens=1000, rates=Rates(input=Decimal(5), output=Decimal(15))),),
    request_fee=Decimal("0.001"),
)
PROMPT = Prompt.of("häufig", system="kurz")


def test_a_prompt_has_no_more_tokens_than_bytes_and_marks() -> None:
    assert most_prompt_tokens(PROMPT, Generation()) == 7 + 4 + 2 * 16 + 64
    tools = Generation(extra={"tools": ["x" * 100]})
    more = most_prompt_tokens(PROMPT, tools)
    assert more is not None
    assert more > 200
    picture = Message(role="user", content=(ImagePart(url="https://example.org/a.png"),))
    assert most_prompt_tokens(Prompt(messages=(picture,)), Generation()) is None


@given(
    prompt=st.integers(0, 3000),
    cached=st.integers(0, 3000),
    written=st.integers(0, 3000),
    completion=st.integers(0, 500),
    reasoning=st.integers(0, 500),
)
def test_nothing_costs_more_than_the_most(
    prompt: int, cached: int, written: int, completion: int, reasoning: int
) -> None:
    usage = Usage(
        prompt_tokens=prompt + cached + written,
        completion_tokens=completion + reasoning,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=reasoning,
    )
    most = MostCost.of(TARIFF)
    assert most is not None
    cost = charge_reported(usage, TARIFF).cost
    assert cost is not None
    assert cost.usd <= most.usd(
        prompt_tokens=prompt + cached + written, completion_tokens=completion + reasoning
    )


def test_what_is_not_known_is_not_promised() -> None:
    unpriced = Price(NoTariff(reason="nobody lists one"), Generation(max_tokens=5))
    assert unpriced.doubt == "nobody lists one"
    assert unpriced.most(PROMPT, 5) is None
    assert Price(TARIFF, Generation()).most(PROMPT, None) is None
    assert Price(TARIFF, Generation()).most(PROMPT, 5) == Price(
        TARIFF, Generation(max_tokens=5)
    ).most(PROMPT, None)
    assert Price(TARIFF, Generation()).doubt is None


def test_a_request_without_a_count_may_have_cost_the_most() -> None:
    price, most = Price(TARIFF, Generation(max_tokens=5)), Decimal("0.5")
    assert price.spent(None, TimedOut("late"), most) == most
    assert price.spent(Usage(), None, most) == most
    assert price.spent(None, AuthenticationFailed("no"), most) == 0
    assert price.spent(Usage(prompt_tokens=1, completion_tokens=0), None, most) == Decimal(
        "0.0010025"
    )


@given(costs=st.lists(st.tuples(st.integers(1, 100), st.floats(0, 1)), max_size=60))
def test_a_limit_holds_whatever_comes(costs: list[tuple[int, float]]) -> None:
    allowance = Allowance(Decimal(300))
    under_way: list[tuple[Decimal, Decimal]] = []
    for most, share in costs:
        if allowance.reserve(Decimal(most)):
            under_way.append((Decimal(most), Decimal(most) * Decimal(share)))
        elif under_way:
            allowance.settle(*under_way.pop())
        assert allowance.spent_usd + allowance.reserved_usd <= 300
    while under_way:
        allowance.settle(*under_way.pop())
    assert allowance.spent_usd <= 300
    assert allowance.reserved_usd == 0


def test_without_a_most_it_ends_on_what_was_reported() -> None:
    allowance = Allowance(Decimal(1))
    assert allowance.reserve(None)
    allowance.settle(None, Decimal("1.2"))
    assert not allowance.reserve(None)
    assert "$1.2 is spent" in allowance.reached
