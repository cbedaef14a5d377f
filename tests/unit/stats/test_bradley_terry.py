"""Strengths are recovered, whatever the models are called."""

from __future__ import annotations

import numpy as np
import pytest

from modelforge.core.errors import DisconnectedModels, EmptySample, OutOfRange
from modelforge.stats.bradley_terry import Vote, ratings


def simulated(seed: int, n: int, names: str = "abc") -> list[Vote]:
    rng = np.random.default_rng(seed)
    strength = dict(zip(names, (1.0, 0.0, -1.0), strict=True))
    votes = []
    for prompt in range(n):
        first, second = rng.choice(list(names), 2, replace=False)
        weights = np.exp([strength[first], strength[second], 0.0])
        weights[2] = 0.5 * np.exp((strength[first] + strength[second]) / 2)
        score = float(rng.choice([1, 0, 0.5], p=weights / weights.sum()))
        votes.append(Vote(prompt=prompt, first=str(first), second=str(second), score=score))
    return votes


def test_known_strengths_are_recovered() -> None:
    made = ratings(simulated(1, 6000), rng=np.random.default_rng(2), resamples=50)
    assert [r.model for r in made] == ["a", "b", "c"]
    assert [r.strength for r in made] == pytest.approx([1, 0, -1], abs=0.1)
    assert [(r.rank_low, r.rank, r.rank_high) for r in made] == [(1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_the_intervals_cover() -> None:
    hits = []
    for seed in range(60):
        made = ratings(simulated(seed, 300), rng=np.random.default_rng(seed), resamples=100)
        truth = {"a": 1, "b": 0, "c": -1}
        hits += [truth[r.model] in r.interval for r in made]
    assert np.mean(hits) >= 0.88


def test_names_and_order_change_nothing() -> None:
    votes = simulated(3, 400)
    one = {r.model: r.strength for r in ratings(votes, rng=np.random.default_rng(1), resamples=5)}
    other = "zyx"
    renamed = [
        Vote(
            prompt=v.prompt,
            first=other["abc".index(v.second)],
            second=other["abc".index(v.first)],
            score=1 - v.score,
        )
        for v in reversed(votes)
    ]
    two = {r.model: r.strength for r in ratings(renamed, rng=np.random.default_rng(1), resamples=5)}
    for a, z in zip("abc", other, strict=True):
        assert two[z] == pytest.approx(one[a], abs=1e-3)


def test_a_model_that_always_wins_is_finite_and_ties_are_equal() -> None:
    always = [Vote(prompt=i, first="a", second="b", score=1) for i in range(50)]
    best, worst = ratings(always, rng=np.random.default_rng(1), resamples=5)
    assert (best.model, worst.model) == ("a", "b")
    assert 1 < best.strength < 20
    tied = [Vote(prompt=i, first="a", second="b", score=0.5) for i in range(50)]
    assert [r.rank for r in ratings(tied, rng=np.random.default_rng(1), resamples=5)] == [1, 1]


def test_what_has_no_common_scale_is_refused() -> None:
    rng = np.random.default_rng(1)
    apart = [
        Vote(prompt=1, first="a", second="b", score=1),
        Vote(prompt=2, first="c", second="d", score=1),
    ]
    with pytest.raises(DisconnectedModels, match="joins a with c, d"):
        ratings(apart, rng=rng)
    with pytest.raises(EmptySample):
        ratings([], rng=rng)
    for second, score in [("b", 0.7), ("b", float("nan")), ("a", 1.0)]:
        with pytest.raises(OutOfRange):
            ratings([Vote(prompt=1, first="a", second=second, score=score)], rng=rng)
