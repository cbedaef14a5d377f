"""Analyses over a catalogue: what is kept, what is recommended, what could be saved."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import modelforge
from modelforge.catalogue.model import Model
from modelforge.core.errors import ScenarioError
from modelforge.core.model_id import ModelId
from modelforge.core.token_percentiles import TokenPercentiles
from modelforge.cost.analyzer import CostAnalyzer
from modelforge.cost.fitness import THINKS
from modelforge.cost.plan import make_plan
from modelforge.cost.request_sample import RequestSample
from modelforge.cost.scenario import CostScenario
from modelforge.cost.stored_totals import MemoryStore
from modelforge.stats.interval import Interval
from tests.unit.cost.prices import TODAY, book, listed

CHAT = CostScenario("chat", 100, 1000, 200)
MODELS = (
    listed("small", input_usd="0.1", output_usd="0.4", context=32_000),
    listed("large", input_usd="2", output_usd="8", context=200_000),
    listed("old", input_usd="0.01", output_usd="0.01", status="deprecated"),
    listed("free", input_usd="0", output_usd="0"),
    listed("secret", input_usd=None, output_usd=None),
    listed("picture", input_usd="0.01", output_usd="0.01", gives=("image",)),
    listed("far", provider="other", input_usd="0.2", output_usd="0.3", tool_call=None),
)


def analyzer(*models: Model, store: MemoryStore | None = None) -> CostAnalyzer:
    return CostAnalyzer(book(*(models or MODELS)), store=store, today=TODAY)


def test_every_model_is_told_and_only_prices_are_numbers() -> None:
    costs = modelforge.CostAnalyzer(book(*MODELS), today=TODAY).analyze_scenario(CHAT, ["maker"])
    assert costs["maker/small"] == pytest.approx(3000 * (100 + 80) / 1e6)
    assert set(costs) == {"maker/small", "maker/large", "maker/old", "maker/picture"}
    assert costs.free == ["maker/free"]
    assert list(costs.unpriced) == ["maker/secret"]
    assert "lists no price" in costs.unpriced["maker/secret"]
    assert min(costs, key=lambda name: costs[name]) != "maker/free"


def test_all_providers_are_meant_where_none_is_named_and_unknown_ones_are_refused() -> None:
    assert "other/far" in analyzer().analyze_scenario(CHAT)
    with pytest.raises(ScenarioError, match="did you mean maker"):
        analyzer().analyze_scenario(CHAT, ["makr"])


def test_a_repeat_is_answered_from_before() -> None:
    kept = analyzer()
    first, again = (kept.analyze_scenario(CHAT) for _ in range(2))
    assert (first.cached, again.cached) == (False, True)
    assert first == again
    assert first.unpriced == again.unpriced
    assert not kept.analyze_scenario(replace(CHAT, days=31)).cached


@given(
    changed=st.sets(st.integers(0, 5)),
    prices=st.lists(st.integers(1, 50), min_size=6, max_size=6),
)
def test_only_models_whose_prices_changed_are_priced_again(
    changed: set[int], prices: list[int]
) -> None:
    def models(raised: set[int]) -> list[Model]:
        return [
            listed(f"m{place}", input_usd=str(usd + (place in raised)), output_usd="1")
            for place, usd in enumerate(prices)
        ]

    store = MemoryStore()
    before = analyzer(*models(set()), store=store)
    ids = before.ids()
    assert before.analyse(CHAT, ids).reused == 0
    after = analyzer(*models(changed), store=store).analyse(CHAT, ids)
    assert after.cached is (not changed)
    assert after.reused == len(ids) - len(changed)
    fresh = analyzer(*models(changed)).analyse(CHAT, ids).totals
    assert after.totals.usd.tolist() == fresh.usd.tolist()
    assert after.totals.ids == fresh.ids


def test_what_cannot_be_read_is_worked_out_again() -> None:
    class Broken(MemoryStore):
        def get(self, key: str) -> bytes | None:
            return b"not a file of arrays" if super().get(key) else None

    store = Broken()
    assert not analyzer(store=store).analyse(CHAT, analyzer().ids()).cached
    assert not analyzer(store=store).analyse(CHAT, analyzer().ids()).cached


def test_the_cheapest_that_will_do_is_recommended_with_reasons() -> None:
    found = analyzer().recommend_model([CHAT, replace(CHAT, name="night", days=10)])
    assert found["recommended"] == "maker/small"
    assert found["cost_usd"] == pytest.approx(4000 * 180e-6)
    assert found["by_scenario"] == pytest.approx({"chat": 0.54, "night": 0.18})
    assert [one["model"] for one in found["runners_up"]] == ["other/far", "maker/large"]
    assert found["free"] == ["maker/free"]
    assert list(found["unpriced"]) == ["maker/secret"]
    assert found["excluded"]["in service"] == {"count": 1, "alone": 1, "models": ["maker/old"]}
    assert found["excluded"]["answers text with text"]["models"] == ["maker/picture"]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("constraints", "recommended"),
    [
        ({"context": 100_000}, "other/far"),
        ({"context": 100_000, "tools": True}, "maker/large"),
        ({"providers": ["other"]}, "other/far"),
        ({"not_providers": ["maker"]}, "other/far"),
        ({"max_cost": 0.1}, None),
        ({"knowledge_since": "2026-06"}, None),
        ({"open_weights": True}, None),
        ({"min_quality": 0.8, "quality": {"maker/large": 0.9, "maker/small": 0.5}}, "maker/large"),
        ({"max_latency_s": 1.0, "latency_s": {"other/far": 0.4, "maker/small": 2.0}}, "other/far"),
        ({"deprecated": True}, "maker/old"),
    ],
)
def test_each_constraint_counts(constraints: dict[str, object], recommended: str | None) -> None:
    found = analyzer().recommend_model(CHAT, constraints)
    assert found["recommended"] == recommended
    assert found["reasons"]


def test_a_quality_that_may_be_too_low_is_said_to_be_so() -> None:
    scores = {"maker/large": 0.9, "maker/small": 0.5}
    asked = {"min_quality": 0.8, "quality": scores}
    sure = analyzer().recommend_model(CHAT, asked)
    assert sure["quality"] == 0.9
    assert sure["reasons"][0].startswith("the only one of 7 models that meets every condition: ")
    assert len(sure["reasons"]) == 1
    unsure = {**asked, "quality_interval": {"maker/large": Interval(low=0.72, high=0.98)}}
    found = analyzer().recommend_model(CHAT, unsure)
    assert found["recommended"] == "maker/large"
    assert found["reasons"][-1] == (
        "its quality is 0.9 and may be as low as 0.72: that it is at least 0.8 is not sure, and"
        " more graded answers would tell"
    )
    assert json.loads(json.dumps(found)) == found


def test_scores_of_names_that_nothing_has_are_no_silent_exclusion() -> None:
    found = analyzer().recommend_model(CHAT, {"min_quality": 0.8, "quality": {"large": 0.9}})
    assert found["recommended"] is None
    assert found["reasons"][-1] == (
        "no model of the quality is in the catalogue, such as large: name each as provider/model"
    )


def test_a_request_must_fit() -> None:
    long = CostScenario("long", 10, 50_000, 500)
    found = analyzer().recommend_model(long)
    assert found["recommended"] == "other/far"
    name = "the longest request, 50,500 tokens, fits"
    assert "maker/small" in found["excluded"][name]["models"]


def test_a_constraint_without_a_meaning_is_refused() -> None:
    with pytest.raises(ScenarioError, match="did you mean context"):
        analyzer().recommend_model(CHAT, {"contxt": 5})
    with pytest.raises(ScenarioError, match="needs measurements"):
        analyzer().recommend_model(CHAT, {"min_quality": 0.5})
    with pytest.raises(ScenarioError, match="no scenario"):
        analyzer().recommend_model([])


def test_savings_say_what_they_assume() -> None:
    large = ModelId(provider="maker", model="large")
    found = {one.name: one for one in analyzer().savings(CHAT, large)}
    smaller = found["a smaller model"]
    assert smaller.usd == pytest.approx(0.3 * 3000 * ((2000 + 1600) - (100 + 80)) / 1e6)
    assert "maker/small" in smaller.assumption
    assert found["shorter answers"].usd == pytest.approx(0.2 * 3000 * 200 * 8 / 1e6)
    assert found["batch"].usd is None
    assert found["batch"].note
    assert found["prompt caching"].usd is None
    assert analyzer().savings(CHAT, ModelId(provider="maker", model="secret")) == ()


def test_a_log_without_cached_tokens_has_a_saving_by_caching() -> None:
    priced = listed("one", input_usd="2", output_usd="8", cache_read_usd="0.2")
    pairs = [(1000, 100), (3000, 50)]
    fresh = CostScenario("log", 100, 1, 1, 1, requests=RequestSample.of(pairs))
    model = ModelId(provider="maker", model="one")
    saved = {one.name: one for one in analyzer(priced).savings(fresh, model)}["prompt caching"]
    assert saved.usd == pytest.approx(100 * 2000 * 0.5 * (2 - 0.2) / 1e6)
    sample = RequestSample.of(pairs)
    cached = replace(fresh, requests=replace(sample, cached=sample.prompt * 0.1))
    told = {one.name: one for one in analyzer(priced).savings(cached, model)}["prompt caching"]
    assert (told.usd, told.note) == (None, "what is cached now is measured")


def test_the_widest_swing_comes_first() -> None:
    swings = analyzer().sensitivity(CHAT, ModelId(provider="maker", model="large"))
    assert [one.input for one in swings] == ["requests a day", "prompt tokens", "completion tokens"]
    assert swings[0].high_usd - swings[0].low_usd == pytest.approx(0.2 * 3000 * 3600e-6)
    assert all(a.width_usd >= b.width_usd for a, b in itertools.pairwise(swings))


def test_a_plan_shows_the_cheapest_and_counts_the_rest() -> None:
    plan = make_plan(analyzer(), [CHAT], limit=1)
    (one,) = plan.scenarios
    assert [str(bill.model) for bill in one.bills] == ["maker/small"]
    assert one.others == {
        "dearer": 2,
        "cheaper, and cannot serve it": 2,
        "listed as free": 1,
        "unpriced": 1,
    }
    named = make_plan(analyzer(), [CHAT], models=[ModelId(provider="maker", model="large")])
    assert named.scenarios[0].details[0].savings


def test_a_named_model_that_cannot_serve_the_traffic_says_how_much_of_it() -> None:
    law = TokenPercentiles.named({"p0": 20_000, "p50": 20_000, "p50.1": 150_000, "p100": 150_000})
    scenario = CostScenario("long", 10, 85_000, 200, prompt_tokens=law)
    models = (
        listed("small", context=100_000, output_limit=100),
        listed("large", context=400_000),
        listed("unknown", context=None),
    )
    made = make_plan(analyzer(*models), [scenario], models=[one.id for one in models])
    small, large, unknown = made.scenarios[0].bills
    assert small.usd is not None
    assert small.notes == (
        (
            "49.9% of the requests do not fit into its context of 100,000 tokens: they cannot be"
            " served"
        ),
        "100.0% of the answers are longer than its longest of 100 tokens: they cannot be served",
    )
    assert large.notes == unknown.notes == ()


def test_a_model_that_thinks_says_that_assumed_tokens_may_lack_it() -> None:
    thinks = listed("thinks", input_usd="0.1", reasoning=True)
    plain = listed("plain", input_usd="0.2", reasoning=False)
    ids = [thinks.id, plain.id]
    made = make_plan(analyzer(thinks, plain), [CHAT], models=ids)
    assert [bill.notes for bill in made.scenarios[0].bills] == [(THINKS,), ()]
    assert analyzer(thinks, plain).recommend_model(CHAT)["reasons"][-1] == f"it {THINKS}"
    counted = CostScenario("log", 100, 1, 1, 1, requests=RequestSample.of([(1000, 100)]))
    made = make_plan(analyzer(thinks, plain), [counted], models=ids)
    assert [bill.notes for bill in made.scenarios[0].bills] == [(), ()]
    assert f"it {THINKS}" not in analyzer(thinks, plain).recommend_model(counted)["reasons"]


def test_the_catalogue_under_its_own_name() -> None:
    costs = CostAnalyzer(modelforge.ModelsDev(), today=TODAY).analyze_scenario(CHAT, ["openai"])
    assert costs["openai/gpt-4o"] == pytest.approx(3000 * (1000 * 2.5 + 200 * 10) / 1e6)
    assert all(name.startswith("openai/") for name in costs)
