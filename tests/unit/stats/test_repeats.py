"""Repeats within prompts, and runs repeated."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import LengthsDiffer, NotFinite, TooFewValues
from modelforge.stats.repeats import average_repeats, mean_of_runs, shared_prompts
from modelforge.stats.sign_flip import sign_flip_p


def test_repeats_are_averaged_within_their_prompt() -> None:
    averaged = average_repeats(["b", "a", "b", "c"], [1.0, 5.0, 3.0, 0.0])
    assert list(averaged.items()) == [("b", 2), ("a", 5), ("c", 0)]


def test_only_what_both_have_is_compared() -> None:
    prompts, first, second = shared_prompts({"a": 1, "b": 2, "c": 3}, {"c": 30, "d": 40, "a": 10})
    assert (prompts, first, second) == (["a", "c"], [1, 3], [10, 30])
    assert shared_prompts({"a": 1}, {"b": 1}) == ([], [], [])


def test_averaged_repeats_hold_the_error_rate_that_counted_ones_break() -> None:
    rng = np.random.default_rng(61)
    prompts = np.repeat(np.arange(20), 10)
    averaged, counted = [], []
    for _ in range(300):
        d = rng.normal(size=20)[prompts] + rng.normal(size=200)
        means = list(average_repeats(prompts.tolist(), d.tolist()).values())
        averaged.append(sign_flip_p(means, rng=rng, permutations=199) <= 0.05)
        counted.append(sign_flip_p(d, rng=rng, permutations=199) <= 0.05)
    assert np.mean(averaged) <= 0.08
    assert np.mean(counted) > 0.3


def test_what_differs_from_run_to_run_is_in_the_interval() -> None:
    rng = np.random.default_rng(62)
    runs = rng.normal(100, 5, (1000, 5))
    made = [mean_of_runs(run.tolist()) for run in runs]
    assert 0.93 <= np.mean([100 in m.interval for m in made]) <= 0.97
    assert "between 5 runs" in made[0].method


def test_what_cannot_be_averaged_is_refused() -> None:
    with pytest.raises(LengthsDiffer):
        average_repeats(["a"], [1.0, 2.0])
    with pytest.raises(NotFinite):
        average_repeats(["a"], [float("nan")])
    with pytest.raises(TooFewValues):
        mean_of_runs([1.0])
