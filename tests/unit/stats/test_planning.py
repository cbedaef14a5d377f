"""What a plan promises is had, by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import ConstantSample, NotFinite, OutOfRange, TooFewValues
from modelforge.stats.distributions import normal_cdf
from modelforge.stats.planning import Spread, plan, seconds_needed, spread_of_pilot
from modelforge.stats.power import detectable_difference, fewest_pairs, paired_power, prompts_needed
from modelforge.stats.sign_flip import sign_flip_p

SPREAD = Spread(between_prompts_sd=0.6, within_prompt_sd=1.2)


def test_a_pilot_shows_where_the_spread_comes_from() -> None:
    rng = np.random.default_rng(71)
    pilot = [rng.normal(rng.normal(0, 0.6), 1.2, rng.integers(2, 6)) for _ in range(4000)]
    found = spread_of_pilot([x.tolist() for x in pilot])
    assert found.between_prompts_sd == pytest.approx(0.6, abs=0.05)
    assert found.within_prompt_sd == pytest.approx(1.2, abs=0.03)


def test_a_pilot_without_repeats_has_it_all_between_prompts() -> None:
    assert spread_of_pilot([[1.0], [3.0]]) == Spread(
        between_prompts_sd=2**0.5, within_prompt_sd=0.0
    )


@pytest.mark.parametrize("repeats", [1, 4])
def test_the_planned_power_is_had(repeats: int) -> None:
    rng = np.random.default_rng(72)
    made = plan(0.5, spread=SPREAD, repeats=repeats)
    found = []
    for _ in range(1500):
        noise = rng.normal(0, 1.2, (made.prompts, repeats)).mean(axis=1)
        d = rng.normal(0.5, 0.6, made.prompts) + noise
        found.append(sign_flip_p(d, rng=rng, permutations=499) <= 0.05)
    assert np.mean(found) == pytest.approx(made.power, abs=0.03)
    assert made.power >= 0.8
    assert paired_power(0.5, sd=SPREAD.sd(repeats), n=made.prompts - 1) < 0.8
    assert made.requests == made.prompts * repeats


def test_repeats_save_prompts_but_only_so_many() -> None:
    prompts = [plan(0.2, spread=SPREAD, repeats=r).prompts for r in (1, 2, 4, 10_000)]
    assert prompts == sorted(prompts, reverse=True)
    floor = Spread(between_prompts_sd=0.6, within_prompt_sd=0.0)
    assert prompts[-1] == plan(0.2, spread=floor).prompts


def test_the_seconds_of_two_runs_find_the_difference() -> None:
    seconds = seconds_needed(0.1, sd=1.0, per_second=10)
    n = round(seconds * 10)
    assert normal_cdf(0.1 / (2 / n) ** 0.5 - 1.959964) == pytest.approx(0.8, abs=0.005)
    assert seconds_needed(0.1, sd=1.0, per_second=10, time=9) == pytest.approx(9 * seconds, 1e-3)


def test_what_is_detectable_is_found_with_the_power_it_says() -> None:
    found = detectable_difference(sd=2.0, n=30)
    assert paired_power(found, sd=2.0, n=30) == pytest.approx(0.8, abs=1e-6)
    assert detectable_difference(sd=0.0, n=30) == 0


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(TooFewValues):
        spread_of_pilot([[1.0, 2.0]])
    with pytest.raises(ConstantSample):
        spread_of_pilot([[1.0], [1.0]])
    with pytest.raises(NotFinite):
        spread_of_pilot([[1.0], [float("nan")]])
    for difference, repeats in [(0.0, 1), (float("nan"), 1), (0.1, 0), (1e-9, 1)]:
        with pytest.raises(OutOfRange):
            plan(difference, spread=SPREAD, repeats=repeats)
    with pytest.raises(OutOfRange):
        SPREAD.sd(0)
    with pytest.raises(OutOfRange):
        seconds_needed(0.1, sd=1.0, per_second=0)


def test_no_plan_is_smaller_than_what_the_test_can_reject() -> None:
    assert prompts_needed(1.0, sd=0.01) == fewest_pairs(0.05) == 6
    least = fewest_pairs(0.01)
    rng = np.random.default_rng(1)
    assert sign_flip_p([1.0] * least, rng=rng) <= 0.01 < sign_flip_p([1.0] * (least - 1), rng=rng)
