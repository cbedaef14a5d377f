"""Durations, distributions, faults and plans: all that is pure."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelforge.core.errors import UsageError
from modelforge.simulator.answer_plan import AnswerPlan, plan_answer
from modelforge.simulator.completion_request import CompletionRequest
from modelforge.simulator.distribution import SHAPES, Distribution, Shape, parse_jitter
from modelforge.simulator.duration import parse_duration_s
from modelforge.simulator.fault import FAULT_KINDS, Fault
from modelforge.simulator.prefix_cache import PrefixCache
from modelforge.simulator.profile import PROFILES, Profile
from modelforge.simulator.tally import Tally
from modelforge.simulator.words import count_tokens

REQUEST = CompletionRequest(
    chat=True, model="m", prompt="why is it so", max_tokens=40, stream=True, include_usage=False
)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 (a test, not a secret)


def plan(profile: Profile, number: int = 0, seed: int = 0, prompt: str = "why") -> AnswerPlan:
    request = replace(REQUEST, prompt=prompt)
    return plan_answer(request, profile=profile, seed=seed, number=number, arrived_s=0.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("100ms", 0.1), ("1.5s", 1.5), ("20us", 2e-5), ("2m", 120), ("1.5h", 5400), ("0", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "100", "-1s", "1d", "s", "1 s 2"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="not a duration"):
        parse_duration_s(text)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "constant"])
def test_distributions_have_the_mean_and_spread_they_name(shape: Shape) -> None:
    drawn = Distribution(mean=0.2, spread=0.3, shape=shape).draws(seeded(7), 20_000)
    assert statistics.mean(drawn) == pytest.approx(0.2, rel=0.02)
    assert statistics.stdev(drawn) == pytest.approx(0.06, rel=0.05)


@given(
    seed=st.integers(), shape=st.sampled_from(SHAPES), mean=st.floats(0, 10),
    spread=st.floats(0, 0.5),
)  # fmt: skip
def test_the_same_seed_draws_the_same_and_never_below_zero(
    seed: int, shape: Shape, mean: float, spread: float
) -> None:
    one = Distribution(mean=mean, spread=0 if shape == "constant" else spread, shape=shape)
    drawn = one.draws(seeded(seed), 20)
    assert drawn == one.draws(seeded(seed), 20)
    assert min(drawn) >= 0


def test_distributions_are_read_as_written() -> None:
    read = Distribution.parse("lognormal:100ms:0.3", amount=parse_duration_s)
    assert read == Distribution(mean=0.1, spread=0.3, shape="lognormal")
    assert Distribution.parse("12") == Distribution(mean=12)
    assert parse_jitter("0.2") == ("gamma", 0.2)
    assert parse_jitter("uniform:0.2") == ("uniform", 0.2)


@pytest.mark.parametrize("text", ["x", "a:b:c", "gamma:1:x", "1:2", "uniform:1:0.9", "-1", "nan"])
def test_what_is_no_distribution(text: str) -> None:
    with pytest.raises(UsageError):
        Distribution.parse(text)


def test_faults_are_read_as_written() -> None:
    assert Fault.parse("429=0.1") == Fault(kind="429", rate=0.1)
    assert Fault.parse("stall:5s@every=50") == Fault(kind="stall", every=50, seconds=5)
    between = Fault(kind="lying-chunk", between_s=(10, 20))
    assert Fault.parse("lying-chunk@between=10s..20s") == between


@pytest.mark.parametrize(
    "text", ["", "429", "no=0.1", "429=2", "429=0.1.2", "cut:5s=0.1", "cut@every=0", "cut@often"]
)
def test_what_is_no_fault(text: str) -> None:
    with pytest.raises(UsageError):
        Fault.parse(text)


def test_rates_divide_what_schedules_leave() -> None:
    faults = (Fault(kind="429", rate=0.2), Fault(kind="500", rate=0.1), Fault(kind="cut", every=10))
    profile = Profile(faults=faults)
    kinds = [chosen.fault and chosen.fault.kind for chosen in map_plans(profile, 3000)]
    assert kinds.count("cut") == 300
    assert kinds.count("429") / 2700 == pytest.approx(0.2, abs=0.03)
    assert kinds.count("500") / 2700 == pytest.approx(0.1, abs=0.03)
    with pytest.raises(UsageError, match="add up"):
        Profile(faults=(*faults, Fault(kind="reset", rate=0.8)))


def map_plans(profile: Profile, count: int) -> list[AnswerPlan]:
    return [plan(profile, number) for number in range(count)]


def test_faults_between_times() -> None:
    profile = Profile(faults=(Fault(kind="500", between_s=(10, 20)),))
    failed = [
        plan_answer(REQUEST, profile=profile, seed=0, number=0, arrived_s=at_s).fault is not None
        for at_s in (9.9, 10, 19.9, 20)
    ]
    assert failed == [False, True, True, False]


@given(seed=st.integers(0, 2**64), number=st.integers(0, 10**9), prompt=st.text())
def test_a_plan_is_a_function_of_what_it_is_given(seed: int, number: int, prompt: str) -> None:
    profile = PROFILES["slow"]
    one = plan(profile, number, seed, prompt)
    assert one == plan(profile, number, seed, prompt)
    assert one != plan(profile, number + 1, seed, prompt)
    assert one.prompt_tokens == count_tokens(prompt)
    assert count_tokens(one.text) == one.length == len(one.offsets_s) == 40
    assert list(one.offsets_s) == sorted(one.offsets_s)


def test_a_fault_does_not_move_the_moments_before_it() -> None:
    steady = PROFILES["slow"]
    stalled = replace(steady, faults=(Fault(kind="stall-midstream", rate=1, seconds=3),))
    ever = replace(steady, faults=(Fault(kind="stall-midstream", rate=1),))
    whole, paused = plan(steady).offsets_s, plan(stalled).offsets_s
    assert paused[:20] == whole[:20]
    assert paused[20:] == pytest.approx([offset_s + 3 for offset_s in whole[20:]])
    assert plan(ever).offsets_s[20:] == (math.inf,) * 20


def test_flaky_knows_its_faults() -> None:
    assert {fault.kind for fault in PROFILES["flaky"].faults} < set(FAULT_KINDS)


def test_a_prefix_is_known_by_whole_blocks() -> None:
    cache = PrefixCache(capacity_blocks=4)
    prompt = " ".join(map(str, range(40)))
    assert [cache.use(prompt), cache.use(prompt)] == [0, 32]
    assert cache.use(prompt + " more") == 32
    assert cache.use("other " + prompt) == 0
    assert cache.use("again " + prompt) == 0
    assert cache.use(prompt) == 0  # pushed out


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=200))
def test_a_tally_is_exact(micros: list[int]) -> None:
    one, other = Tally(), Tally()
    for position, value in enumerate(micros):
        (one, other)[position % 2].add(value / 1e6)
    one.include(other)
    ordered = sorted(micros)
    expected = [ordered[math.ceil(level * len(micros)) - 1] / 1e6 for level in (0.5, 0.99)]
    assert one.quantiles_s((0.5, 0.99)) == pytest.approx(expected)
    assert one.max_s == pytest.approx(max(micros) / 1e6)
    edges = (0.0, 0.25, 0.5)
    assert one.below(edges) == [sum(value <= edge * 1e6 for value in micros) for edge in edges]
    assert Tally().document_ms()["p99"] is None
