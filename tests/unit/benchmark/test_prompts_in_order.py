"""Given prompts and several sources: their order and their shares."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.benchmark.conversation import Conversations, Script
from modelforge.benchmark.fixed_prompts import FixedPrompts
from modelforge.benchmark.synthetic import Synthetic
from modelforge.benchmark.weighted import Weighted
from modelforge.benchmark.workload import Workload
from modelforge.core.prompt import Prompt
from tests.support.refusal import refusal

TEN = tuple(Prompt.of(f"prompt {number}") for number in range(10))


def named(name: str, count: int = 10) -> FixedPrompts:
    prompts = tuple(Prompt.of(f"{name}{number}") for number in range(count))
    return FixedPrompts(prompts=prompts, source=name)


def test_cyclic_prompts_come_round() -> None:
    work: Workload = FixedPrompts(prompts=TEN, max_tokens=7)
    assert tuple(work.ask(index).prompt for index in range(25)) == (TEN * 3)[:25]
    assert (work.ask(0).max_tokens, work.ask(0).ignore_eos, work.ask(0).source) == (
        7,
        False,
        "prompts",
    )
    assert work.follow_up(0, work.ask(0), "answer") is None


@given(st.integers(0, 2**64), st.integers(0, 2**40))
def test_each_round_of_shuffled_prompts_has_each_once(seed: int, around: int) -> None:
    work = FixedPrompts(prompts=TEN, order="shuffled", seed=seed)
    asked = [work.ask(around * 10 + place).prompt for place in range(10)]
    assert sorted(prompt.text for prompt in asked) == sorted(prompt.text for prompt in TEN)
    assert [work.ask(around * 10 + place).prompt for place in range(10)] == asked


def test_rounds_and_seeds_are_shuffled_apart() -> None:
    orders = {
        tuple(
            FixedPrompts(prompts=TEN, order="shuffled", seed=seed).ask(around * 10 + k).prompt.text
            for k in range(10)
        )
        for seed in range(3)
        for around in range(3)
    }
    assert len(orders) == 9


def test_sources_come_by_weight_and_in_their_own_order() -> None:
    work = Weighted(sources=((named("a"), 3), (named("b", 7), 1)), seed=4)
    asked = [work.ask(index) for index in range(4000)]
    assert Counter(ask.source for ask in asked) == {"a": 3000, "b": 1000}
    for name, count in (("a", 10), ("b", 7)):
        texts = [ask.prompt.text for ask in asked if ask.source == name]
        assert texts == [f"{name}{index % count}" for index in range(len(texts))]
    early = Counter(ask.source for ask in asked[:100])
    assert 15 <= early["b"] <= 35
    assert pickle.loads(pickle.dumps(work)).ask(1234) == asked[1234]  # noqa: S301 (its own)


@given(st.lists(st.floats(1e-5, 1e5), min_size=1, max_size=30), st.integers(0, 2**40))
def test_any_weights_share_every_thousand(weights: list[float], deal: int) -> None:
    sources = tuple((named(str(place)), weight) for place, weight in enumerate(weights))
    work = Weighted(sources=sources)
    counts = Counter(work.ask(deal * 1000 + place).source for place in range(1000))
    assert set(counts) == {str(place) for place in range(len(weights))}
    for place, weight in enumerate(weights):
        exact = 1000 * weight / sum(weights)
        assert abs(counts[str(place)] - exact) <= len(weights)
        assert exact < 1 or abs(counts[str(place)] - exact) < 1 or min(counts.values()) == 1


def test_a_conversation_among_the_sources_goes_on() -> None:
    talk = Conversations(scripts=(Script(turns=("one", "two")),))
    work = Weighted(sources=((Synthetic.parse("8"), 1), (talk, 1)))
    index = next(index for index in range(99) if work.ask(index).more)
    following = work.follow_up(index, work.ask(index), "yes")
    assert following is not None
    assert [message.text for message in following.prompt.messages] == ["one", "yes", "two"]


def test_nonsense_is_refused() -> None:
    assert refusal(lambda: FixedPrompts(prompts=())) == "prompts: there is no prompt to ask"
    assert refusal(lambda: FixedPrompts(prompts=TEN, order="random")) == (  # type: ignore[arg-type]
        "'random' is no order of prompts: use cyclic or shuffled"
    )
    assert "max_tokens" in refusal(lambda: FixedPrompts(prompts=TEN, max_tokens=0))
    assert "max_tokens" in refusal(lambda: FixedPrompts(prompts=TEN, ignore_eos=True))
    assert "seed" in refusal(lambda: FixedPrompts(prompts=TEN, seed=-1))
    assert "1 to 1000 sources" in refusal(lambda: Weighted(sources=()))
    assert "seed" in refusal(lambda: Weighted(sources=((named("a"), 1),), seed=-1))


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    assert refusal(lambda: Weighted(sources=((named("a"), weight),))).startswith("a weight must be")
