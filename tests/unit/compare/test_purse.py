"""A comparison that may cost so much and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import pytest

from modelforge.compare.engine import run_comparison
from modelforge.compare.plan import ComparisonPlan
from modelforge.compare.purse import Purse
from modelforge.compare.result import ComparisonResult
from modelforge.core.errors import AuthenticationFailed, ConnectionFailed, ServerFailed, TimedOut
from modelforge.core.generation import Generation
from modelforge.pricing.tariff import NoTariff, Terms
from tests.unit.compare.fakes import PRICES, ScriptedModel, cases, contestant
from tests.unit.compare.virtual_time import run_virtually

MOST = Decimal("0.000108")  # 8 bytes, a message's and a request's marks; 10 tokens of answer
COST = Decimal("0.000012")


def compared(
    limit: Decimal,
    *,
    models: int = 1,
    max_tokens: int | None = 10,
    prices: Terms = PRICES,
    error: BaseException | None = None,
    max_retries: int = 0,
) -> tuple[list[ComparisonResult], Purse]:
    results: list[ComparisonResult] = []
    purse = Purse(limit)

    async def main(clock: Callable[[], float]) -> None:
        await run_comparison(
            [
                contestant(
                    ScriptedModel(
                        f"m{n}",
                        clock,
                        provider=f"p{n}",
                        pieces=((1.0, "yes"),) if error is None else (),
                        error=error,
                    ),
                    prices=prices,
                )
                for n in range(models)
            ],
            cases(10),
            ComparisonPlan(generation=Generation(max_tokens=max_tokens), max_retries=max_retries),
            deliver=results.append,
            clock=clock,
            purse=purse,
        )

    run_virtually(main)
    return results, purse


def spent(results: list[ComparisonResult]) -> Decimal:
    return sum((one.metrics.cost or Decimal(0) for one in results), Decimal(0))


@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_limit_is_never_passed_and_used_as_far_as_is_certain(models: int, times: int) -> None:
    limit = MOST * times
    results, purse = compared(limit, models=models)
    assert spent(results) == purse.spent_usd <= limit
    assert all(one.error is None for one in results)
    if len(results) < 10 * models:
        assert purse.stopped is not None
        assert purse.spent_usd + MOST > limit


def test_nothing_is_sent_that_cannot_be_paid() -> None:
    results, purse = compared(MOST - Decimal("1e-9"))
    assert results == []
    assert purse.stopped is not None


def test_enough_money_stops_nothing() -> None:
    results, purse = compared(Decimal(1))
    assert (len(results), purse.stopped) == (10, None)


def test_what_is_given_back_pays_for_others() -> None:
    """The first answers cost a ninth of what is set aside: all ten fit into three times it."""
    results, purse = compared(MOST * 3)
    assert len(results) == 10
    assert purse.spent_usd == 10 * COST


def test_an_answer_without_a_count_may_have_cost_the_most() -> None:
    results, purse = compared(MOST * 3, error=TimedOut("late"))
    assert len(results) == 3
    assert purse.spent_usd == MOST * 3


@pytest.mark.parametrize("models", [1, 3])
@pytest.mark.parametrize("times", [1, 3, 7])
def test_a_request_that_is_sent_again_is_paid_again(models: int, times: int) -> None:
    """A server that fails may bill all the same: each request counts, not only the last."""
    results, purse = compared(
        MOST * times, models=models, error=ServerFailed("broken"), max_retries=2
    )
    assert purse.spent_usd == MOST * times
    assert purse.stopped is not None
    assert sum(one.error_kind == "server_failed" for one in results) == len(results)
    said = [one.error or "" for one in results]
    if times == 1:
        assert said == ["broken (the limit of costs leaves no room to ask again)"]


def test_a_connection_that_was_dropped_may_have_been_billed() -> None:
    _, purse = compared(MOST * 2, error=ConnectionFailed("gone", dropped=True))
    assert purse.spent_usd == MOST * 2
    _, purse = compared(MOST * 2, error=ConnectionFailed("nobody listens"))
    assert purse.spent_usd == 0


def test_a_refusal_costs_nothing() -> None:
    results, purse = compared(MOST * 2, error=AuthenticationFailed("no"))
    assert len(results) == 10
    assert purse.spent_usd == 0
    assert purse.stopped is None


def test_without_max_tokens_it_ends_on_what_was_reported() -> None:
    results, purse = compared(COST * 3, max_tokens=None)
    assert purse.spent_usd >= COST * 3
    assert results


def test_without_a_price_nothing_is_counted() -> None:
    results, purse = compared(MOST, prices=NoTariff(reason="nobody lists one"))
    assert len(results) == 10
    assert purse.spent_usd == 0


def test_a_stop_from_outside_ends_a_wait_for_money() -> None:
    results: list[ComparisonResult] = []

    async def main(clock: Callable[[], float]) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.5, stop.set)
        await run_comparison(
            [contestant(ScriptedModel("m", clock, pieces=((100.0, "late"),)))],
            cases(10),
            ComparisonPlan(generation=Generation(max_tokens=10), timeout_s=300),
            deliver=results.append,
            clock=clock,
            stop=stop,
            purse=Purse(MOST),
        )

    run_virtually(main)
    assert [one.error_kind for one in results] == ["interrupted"]
