"""Batch shares, hours of the week, and prices that change during a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from modelforge.catalogue.overlay import HistoryRow, ModeRule, Overlay, Scope, Window
from modelforge.catalogue.price_book import PriceBook
from modelforge.core.model_id import ModelId
from modelforge.cost.analyzer import CostAnalyzer
from modelforge.cost.plan_terms import PlanTerms
from modelforge.cost.projection import ModelBill, project
from modelforge.cost.scenario import CostScenario
from modelforge.pricing.tariff import Rates, Rule
from tests.unit.cost.prices import TODAY, book, listed

MODEL = ModelId(provider="maker", model="large")
OTHER = ModelId(provider="other", model="far")
CHAT = CostScenario("chat", 100, 1000, 0)
ANY = Scope(providers=("maker",))
RULE = Rule(text="as published")
BATCH = ModeRule(scope=ANY, rule=RULE, mode="batch", factor=Decimal("0.5"), factors={})
NIGHT = Window(scope=ANY, rule=RULE, hours=((time(0), time(6)),), factor=Decimal("0.5"))
WORK = replace(NIGHT, hours=((time(9), time(17)),), factor=Decimal(2), weekdays=True)


def priced(**overlay: object) -> PriceBook:
    models = book(listed("large", input_usd="2"), listed("far", provider="other", input_usd="2"))
    return replace(models, overlay=Overlay(**overlay))  # type: ignore[arg-type]  # the test's words


def bill(
    scenario: CostScenario, book_: PriceBook, *, of: ModelId = MODEL, today: date = TODAY
) -> ModelBill:
    terms = PlanTerms(book_, today=today).one(scenario, of)
    return project(scenario, [terms]).bill(0)


def test_a_batched_share_has_the_price_of_a_batch() -> None:
    mixed = replace(CHAT, batch_share=0.25)
    found = bill(mixed, priced(modes=(BATCH,)))
    assert found.usd == pytest.approx(3000 * 0.002 * (0.75 + 0.25 / 2))
    assert found.notes == ()


@pytest.mark.parametrize("model", [MODEL, OTHER])
def test_without_a_batch_price_it_is_billed_as_usual_and_noted(model: ModelId) -> None:
    mixed = replace(CHAT, batch_share=1.0)
    rule = replace(BATCH, scope=Scope(providers=("maker",), models=("small",)))
    found = bill(mixed, priced(modes=(rule,)), of=model)
    assert found.usd == pytest.approx(6.0)
    assert found.notes == ("no batch price is known: billed as any other request",)


def test_hours_weigh_the_prices_of_the_day() -> None:
    even = bill(CHAT, priced(windows=(NIGHT,)))
    assert even.usd == pytest.approx(6.0 * (0.75 + 0.25 / 2))
    at_night = replace(CHAT, hours=(1.0,) * 6 + (0.0,) * 18)
    assert bill(at_night, priced(windows=(NIGHT,))).usd == pytest.approx(3.0)
    by_day = replace(CHAT, hours=(0.0,) * 6 + (1.0,) * 18)
    assert bill(by_day, priced(windows=(NIGHT,))).usd == pytest.approx(6.0)


def test_an_hour_may_have_two_prices() -> None:
    half_past = replace(NIGHT, hours=((time(16, 30), time(0, 30)),))
    busy = replace(CHAT, hours=(1.0,) * 16 + (3.0,) + (1.0,) * 7)
    discounted = (0.5 + 3 * 0.5 + 7) / 26
    assert bill(busy, priced(windows=(half_past,))).usd == pytest.approx(6.0 * (1 - discounted / 2))


def test_a_week_has_its_weekdays() -> None:
    weekend = (0.0,) * 120 + (1.0,) * 48
    assert bill(replace(CHAT, hours=weekend), priced(windows=(WORK,))).usd == pytest.approx(6.0)
    even = bill(CHAT, priced(windows=(WORK,))).usd
    assert even == pytest.approx(6.0 * (1 + 5 * 8 / 168))


def test_other_models_know_no_hours() -> None:
    assert bill(CHAT, priced(windows=(NIGHT,)), of=OTHER).usd == pytest.approx(6.0)


def test_a_known_change_applies_from_its_day_on() -> None:
    later = HistoryRow(
        id=MODEL,
        since=datetime(2026, 12, 20, tzinfo=UTC),
        rates=Rates(input=Decimal(4), output=Decimal(2)),
        tiers=(),
        source="announced",
    )
    now = replace(
        later,
        since=datetime(2026, 1, 1, tzinfo=UTC),
        rates=Rates(input=Decimal(2), output=Decimal(2)),
    )
    found = bill(replace(CHAT, days=90), priced(history=(now, later)))
    assert found.by_month == pytest.approx((25 * 0.2 + 5 * 0.4, 12.0, 12.0))
    short = bill(replace(CHAT, days=25), priced(history=(now, later)))
    assert short.usd == pytest.approx(5.0)
    at_four = replace(later, since=datetime(2026, 12, 20, 16, tzinfo=UTC))
    cut = bill(CHAT, priced(history=(now, at_four), windows=(NIGHT,)))
    days = 25 + 16 / 24
    assert cut.usd == pytest.approx(0.875 * (days * 0.2 + (30 - days) * 0.4))
    night = priced(history=(now, later), windows=(NIGHT,))
    assert bill(CHAT, night).usd == pytest.approx(7.0 * 0.875)
    past = replace(CHAT, start=date(2027, 2, 1))
    assert bill(past, priced(history=(now, later))).usd == pytest.approx(12.0)


def test_the_saving_of_a_batch_is_that_of_its_price() -> None:
    analyzer = CostAnalyzer(priced(modes=(BATCH,)), today=TODAY)
    found = {one.name: one for one in analyzer.savings(CHAT, MODEL)}
    assert found["batch"].usd == pytest.approx(0.5 * 6.0 / 2)
    some = {one.name: one for one in analyzer.savings(replace(CHAT, batch_share=0.4), MODEL)}
    assert some["batch"].usd == pytest.approx(0.1 * 6.0 / 2)
    done = {one.name: one for one in analyzer.savings(replace(CHAT, batch_share=0.9), MODEL)}
    assert done["batch"].note == "90% of the requests are batched already"
